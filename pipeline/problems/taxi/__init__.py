"""Will a Chicago taxi rider tip more than a fifth of the fare? A binary Estimator problem."""
