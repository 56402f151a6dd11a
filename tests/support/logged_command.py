"""The console script, which logs what it evaluates.

CHECKPOINT_SWEEP_TESTS_EVALUATIONS=LOG python -m tests.support.logged_command sweep ...
"""

from checkpoint_sweep.cli.main import main
from tests.support import evaluation_log

if __name__ == "__main__":
    evaluation_log.start()
    main()
