"""Routes of login. The providers know the addresses under /complete/ from the earlier app: they stay."""

from django.urls import path

from people.accounts import views

urlpatterns = [
    path("login", views.login, name="account_login"),
    path("logout", views.logout, name="account_logout"),
    path("login/cancelled", views.cancelled, name="socialaccount_login_cancelled"),
    path("login/google-oauth2/", views.google_login, name="google_login"),
    path("complete/google-oauth2/", views.google_callback, name="google_callback"),
    path("login/github/", views.github_login, name="github_login"),
    path("complete/github/", views.github_callback, name="github_callback"),
    path("login/<slug:provider_id>/", views.oidc_login, name="openid_connect_login"),
    path("complete/<slug:provider_id>/", views.oidc_callback, name="openid_connect_callback"),
]
