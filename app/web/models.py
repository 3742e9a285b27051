"""What the pages have to remember."""

from django.db import models


class GuessCount(models.Model):
    """How many passwords were tried for something, until the count starts anew: `people.accounts.guesses`."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.until}"
