"""Settings of the REST framework and of its schema. The parts they name are in `config.api`."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["config.api.json.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.api.json.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.api.json.OnlyJSON",
    "DEFAULT_PAGINATION_CLASS": "config.api.pages.Pages",
    "DEFAULT_SCHEMA_CLASS": "config.api.schema.Schema",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS is a method like others that no endpoint has: 405
    "EXCEPTION_HANDLER": "config.api.errors.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "witw: where in the world",
    "DESCRIPTION": (
        "A team's members enter trips; the server finds who is near whom on the same days.\n\n"
        "Everything is scoped to the caller's team. Log in at `/login`; unsafe methods need the CSRF token "
        "of the cookie `csrftoken` in the header `X-CSRFToken`. Every error is one object: its first problem."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",  # 3.0 cannot say that an object or null is meant
    "SCHEMA_PATH_PREFIX": "/api",
    "PREPROCESSING_HOOKS": ["config.api.schema.only_api"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],  # the public gateway refuses /internal/
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_NO_READ_ONLY_REQUIRED": False,
    "ENUM_NAME_OVERRIDES": {"StateEnum": "matches.models.State"},
}
