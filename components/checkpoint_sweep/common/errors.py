"""The base of errors that a user can mend."""


class UserError(ValueError):
    """Something given to a component does not fit; the message says what and what to do."""
