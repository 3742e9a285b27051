"""Routes: people's under / and /api, the platform's under /internal/ (its probes are in ops.middleware)."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from ops import views as ops

admin.site.site_title = admin.site.site_header = "witw: where in the world"
admin.site.index_title = "Administration"

urlpatterns = [
    path("", include("config.api_urls")),
    path("", include("people.accounts.urls")),
    path("internal/admin/", admin.site.urls),
    path("internal/ok", ops.bare),
    path("internal/schema", SpectacularAPIView.as_view()),
    path("", include("web.urls")),
]
handler400 = "web.errors.bad_request"
handler403 = "web.errors.forbidden"
handler404 = "web.errors.not_found"
handler500 = "web.errors.server_error"
