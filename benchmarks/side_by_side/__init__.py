"""One job, done by four contenders; what each leaves undone is measured.

Each contender is a short file in `contenders`. The job: train a small model on taxi rows, with a
checkpoint every so many steps; evaluate it meanwhile on examples that training does not see; end
with a SavedModel of the best by AUC.
"""
