"""The API server of Kubeflow Pipelines, whose refusals become one sentence each."""

import contextlib
import io
import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from checkpoint_sweep.common.text import first_line
from pipeline.reporting.failure import fail

_CREDENTIALS = frozenset({401, 403})


def connect(host: str, namespace: str, token: str | None, cookie: str | None) -> Any:
    """Makes the SDK's client, which asks the server once whether it is there.

    Args:
        host: URL of the API.
        namespace: Namespace of the user.
        token: Bearer token; None without one.
        cookie: Cookie; None without one.

    Raises:
        ApiException: The server refuses.
    """
    from kfp import Client  # Only here: it takes seconds.

    class Once(Client):
        """The client, which else asks five times in 25 seconds and logs a traceback for each."""

        def get_kfp_healthz(self, sleep_duration: int = 0) -> Any:
            """Asks whether the server is there."""
            return self._healthz_api.healthz_service_get_healthz()

    return Once(host=host, namespace=namespace, existing_token=token, cookies=cookie)


@contextlib.contextmanager
def kubeflow_api(host: str, secrets: Sequence[str | None]) -> Iterator[None]:
    """Ends the command in one sentence, with status 1, when the server does not do as it is asked.

    What the SDK prints and logs meanwhile is dropped.

    Args:
        host: URL of the API.
        secrets: Texts that no message repeats, whatever the server says.
    """
    from kfp_server_api import ApiException
    from urllib3.exceptions import HTTPError

    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except ApiException as error:
        fail(_without(_refusal(host, error), secrets), 1)
    # The last three: the SDK on an answer of another form, such as the page of a proxy.
    except (HTTPError, OSError, ValueError, TypeError, AttributeError) as error:
        fail(_without(no_api(host, _cause(error)), secrets), 1)
    finally:
        logging.disable(logging.NOTSET)


def url_of(host: str) -> str:
    """Completes a host as the SDK does, which warns of it: https where no protocol is named.

    >>> url_of("kubeflow.example"), url_of("http://localhost:8888")
    ('https://kubeflow.example', 'http://localhost:8888')
    """
    return host if "://" in host else f"https://{host}"


def no_api(host: str, reason: str) -> str:
    """Says that something else than Kubeflow's API is at a URL, and what to do."""
    return (
        f"{host} does not answer as Kubeflow's API: {reason}. Check --host, and --token or "
        "--cookie where one is wanted."
    )


def _cause(error: BaseException) -> str:
    """Says what the operating system says of a connection, without what wraps it; else the error.

    urllib3 has the cause in `reason` of a `MaxRetryError`, and in the context of that.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            return first_line(seen.strerror)
        within = getattr(seen, "reason", None)
        within = within if isinstance(within, BaseException) else next(iter(seen.args), None)
        seen = within if isinstance(within, BaseException) else seen.__cause__ or seen.__context__
    return first_line(error)


def _refusal(host: str, error: Any) -> str:
    said = ", ".join(text for text in (str(error.reason or ""), _message(error.body)) if text)
    if error.status is None or error.status < 400:
        return no_api(host, said or "it answers in another form")
    advice = (
        "Check --token, --cookie and --namespace"
        if error.status in _CREDENTIALS
        else "Check --host, and the log of the API server"
    )
    return f"{host} refused: {error.status} {said}. {advice}."


def _message(body: object) -> str:
    """Reads what the server says of itself; nothing of a page, which a proxy has made."""
    try:
        content = json.loads(str(body))
    except ValueError:
        return ""
    if not isinstance(content, dict):
        return ""
    said = content.get("message") or content.get("error") or ""
    return first_line(said) if isinstance(said, str) and said else ""


def _without(message: str, secrets: Sequence[str | None]) -> str:
    for secret in secrets:
        if secret:
            message = message.replace(secret, "***")
    return message
