"""The cluster key: the feature of which examples of one value are not independent of each other."""

from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.selection.policies import SelectionError

CLUSTER_KEY = Words("cluster_key", "--cluster-key")
_ESTIMATES_ERRORS = "fused"


def check_cluster_key(cluster_key: str | None, engine: str) -> None:
    """Checks that errors can be estimated by cluster.

    Args:
        cluster_key: Feature that names clusters; None for none.
        engine: Name of the engine.

    Raises:
        SelectionError: The key is no name, or the engine estimates no errors.
    """
    if cluster_key is None:
        return
    if not isinstance(cluster_key, str) or not cluster_key:
        raise SelectionError(CLUSTER_KEY, f" is {cluster_key!r}. Name a feature, or leave it out.")
    if engine != _ESTIMATES_ERRORS:
        raise SelectionError(
            f"The engine {engine!r} estimates no errors, so it needs no clusters. Leave out ",
            CLUSTER_KEY,
            ", or evaluate by the engine 'fused'.",
        )


def by_clusters(cluster_key: str) -> str:
    """Says that an error is that of clusters.

    >>> by_clusters("user_id")
    'its error by clusters of user_id'
    """
    return f"its error by clusters of {cluster_key}"
