"""What the admin does not show: providers' keys come from the environment, and no tokens are stored."""

from allauth.socialaccount.models import SocialApp, SocialToken
from django.contrib import admin

admin.site.unregister([SocialApp, SocialToken])
