"""What mails call a target of Prometheus that is none of the hosts in the settings."""


def target_words(service: str, host: str, address: str) -> str:
    """Return `mysqld on db-1` where *service*, the job, is known; else the *address*."""
    return f"{service} on {host}" if service and host else address or host
