"""One job, done in four ways; what each leaves undone is measured.

Each way is a short file in `contenders`. The job: train a small model on taxi rows, with a
checkpoint every so many steps; evaluate it meanwhile on examples that training does not see; end
with a SavedModel of the best by AUC.
"""
