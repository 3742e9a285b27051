"""Django's settings, made from `config.environment`; what a deployment can choose stands there, not here."""

from pathlib import Path
from typing import Any

from config import login, logs, rest, security, sentry
from config.environment import Environment

APP = Path(__file__).resolve().parent.parent
STATIC_ROOT = APP / "staticfiles"  # filled by collectstatic when the image is built
ENV = Environment.load()

# --- the app ------------------------------------------------------------------------------------------------
SECRET_KEY = ENV.secret_key.get_secret_value()
SECRET_KEY_FALLBACKS = [key.get_secret_value() for key in ENV.secret_key_fallbacks]
DEBUG = ENV.debug
ENVIRONMENT = ENV.environment
RELEASE = ENV.release
BASE_URL = ENV.base_url
INSTALLED_APPS = [
    "people",  # before auth, whose createsuperuser it replaces
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "assets.apps.CollectedConfig",
    "web",  # its templates go before allauth's
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "drf_spectacular",
    "rest_framework",
    "assets.apps.AssetsConfig",
    "cities",
    "trips",
    "matches",
    "ops",
]
MIDDLEWARE = [
    "ops.middleware.observe",
    "django.middleware.security.SecurityMiddleware",
    *(["assets.middleware.StaticMiddleware"] if STATIC_ROOT.is_dir() else []),
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False  # one language: translated lookups cost time in every rendered page
REST_FRAMEWORK = rest.REST_FRAMEWORK
SPECTACULAR_SETTINGS = rest.SPECTACULAR_SETTINGS
NEAR_METRES = ENV.near_metres
CITIES_DATA_DIR = ENV.cities_data_dir
CITIES_BUNDLE = ENV.cities_bundle
GEONAMES_URL = ENV.geonames_url
DEMO_PASSWORD = ENV.demo_password.get_secret_value()

# --- database -----------------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "ops.database",
        "HOST": ENV.db_host,
        "PORT": ENV.db_port,
        "NAME": ENV.db_name,
        "USER": ENV.db_user,
        "PASSWORD": ENV.db_password.get_secret_value(),
        "CONN_MAX_AGE": ENV.db_conn_max_age,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": "witw",
            "connect_timeout": ENV.db_connect_timeout,
            "sslmode": ENV.db_sslmode,
            **({"sslrootcert": ENV.db_sslrootcert} if ENV.db_sslrootcert else {}),
            # A peer that vanished without a word is noticed after 30 + 3 * 5 seconds.
            "keepalives_idle": 30,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "options": f"-c statement_timeout={ENV.db_statement_timeout_ms}",
        },
    }
}

# --- people and their sessions ------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Every login page checks passwords here, within one limit on guessing.
AUTHENTICATION_BACKENDS = ["people.accounts.backends.PasswordBackend"]
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"
SESSION_COOKIE_SECURE = ENV.is_https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = ENV.is_https
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "web.errors.forbidden"

LOGIN_PROVIDERS = login.providers(ENV)
LOGIN_EMAIL_DOMAINS = ENV.login_email_domains
LOGIN_TEAM = ENV.login_team
ACCOUNT_ADAPTER = "people.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # the provider has done it, or the login is refused
SOCIALACCOUNT_ADAPTER = "people.accounts.adapters.ProviderAdapter"
SOCIALACCOUNT_PROVIDERS = login.PROVIDER_SETTINGS
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True  # by verified addresses; the adapter links them
SOCIALACCOUNT_QUERY_EMAIL = True
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# --- the outside: hosts, TLS (ended by the gateway), browsers -----------------------------------------------
ALLOWED_HOSTS = ENV.hosts
CSRF_TRUSTED_ORIGINS = list(dict.fromkeys([ENV.base_url, *ENV.csrf_trusted_origins]))
TRUSTED_PROXIES = ENV.trusted_proxies
if ENV.trusts_forwarded_proto:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = ENV.is_https
# Probes and operators come past the gateway that ends TLS.
SECURE_REDIRECT_EXEMPT = [r"^internal/", r"^_health$"]
SECURE_HSTS_SECONDS = ENV.effective_hsts_seconds
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_SECONDS > 0
SILENCED_SYSTEM_CHECKS = [
    "security.W021",  # putting a domain on the browsers' preload list is for its owner to decide
]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = security.content_policy(ENV)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# --- static files -------------------------------------------------------------------------------------------
STATIC_URL = ENV.static_url
STATIC_KEEP_DAYS = ENV.static_keep_days
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "assets.storage.StaticFiles"},
}

LOG_ALL_REQUESTS = ENV.log_requests == "all"
LOG_SLOW_SECONDS = ENV.log_slow_ms / 1000 or float("inf")
LOGGING = logs.configuration(ENV.log_format, ENV.log_level)
sentry.start(ENV)
