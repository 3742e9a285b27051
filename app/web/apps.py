"""The pages that people see."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "web"
