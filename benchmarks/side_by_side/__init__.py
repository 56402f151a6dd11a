"""One job, done in four ways, each in a short file in `ways`; what each leaves undone is measured.

The job: train a small model on taxi rows, with a checkpoint every so many steps; evaluate it
meanwhile on examples that training does not see; end with a SavedModel of the best by AUC.
"""
