"""Routes: people's under / and /api, the platform's under /internal/ (its probes are in ops.middleware)."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from ops import views as ops
from people.accounts.forms import AdminLoginForm
from people.accounts.views import admin_login

admin.site.site_title = admin.site.site_header = "witw: where in the world"
admin.site.index_title = "Administration"
admin.site.login_form = AdminLoginForm

urlpatterns = [
    path("", include("config.api_urls")),
    path("", include("people.accounts.urls")),
    path("internal/admin/login/", admin_login),
    path("internal/admin/", admin.site.urls),
    path("internal/ok", ops.bare),
    path("internal/schema", SpectacularAPIView.as_view()),
    path("", include("web.urls")),
]
handler400 = "web.errors.bad_request"
handler403 = "web.errors.forbidden"
handler404 = "web.errors.not_found"
handler500 = "web.errors.server_error"
