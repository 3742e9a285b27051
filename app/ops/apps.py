"""What operators and the platform see of the app: health, metrics, logs."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "ops"
