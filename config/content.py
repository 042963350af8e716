"""Hands the content of `anlan_cn` to the engine's registries. Another country would replace this file and one package."""


def load() -> None:
    """Import every declaration of the content; safe to call twice."""
    import anlan_cn.roles  # (declares on import)
    import anlan_cn.subsystems  # noqa: F401
