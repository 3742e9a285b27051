"""Routes: people's under / and /api, the platform's under /internal/."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("internal/admin/", admin.site.urls),
]
