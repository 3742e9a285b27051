"""What people fill in. A city is typed; where several have that name the form asks which."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cities.representation import represent_all
from cities.search import CitySearch
from people.models import User
from web.places import label

CHOICES = 8


class CityForm(forms.Form):
    """A form with a city in it: `city` is what was typed, `pick` the id of the one that was meant."""

    city = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs={"data-cities": "", "autocomplete": "off"}),
        error_messages={"required": "Which city?"},
    )
    pick = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"label_suffix": ""})
        self.choices: list[dict[str, Any]] = []

    def clean(self) -> dict[str, Any]:
        """Find the city; `city_id` is its id."""
        data = super().clean() or {}
        if typed := data.get("city"):
            try:
                data["city_id"] = self._find(typed, data.get("pick"))
            except ValidationError as error:
                self.add_error("city", error)
        return data

    def _find(self, typed: str, pick: int | None) -> int:
        found = CitySearch(typed.partition(",")[0])[:CHOICES]
        picked = represent_all([pick]).get(pick) if pick else None
        if picked and (typed == label(picked) or picked in found):
            return int(picked["id"])
        found = [city for city in found if "," not in typed or label(city).lower() == typed.lower()] or found
        if len(found) == 1:
            return int(found[0]["id"])
        if not found:
            raise ValidationError("No city of this name is known. Try its English name.", code="unknown")
        self.choices = [{"id": city["id"], "label": label(city), "region": _region(city)} for city in found]
        raise ValidationError("Several cities have this name: choose one.", code="several")


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ClockInput(forms.TimeInput):
    """The browser's own clock."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class TripForm(CityForm):
    """Where to, from when to when."""

    start = forms.DateField(label="First day", widget=DayInput())
    end = forms.DateField(label="Last day", widget=DayInput())
    notes = forms.CharField(
        required=False,
        max_length=10_000,
        help_text="Only you can read them.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    field_order = ("city", "pick", "start", "end", "notes")


class ProfileForm(CityForm):
    """Who and where somebody is, and when they work."""

    first_name = forms.CharField(label="First name", max_length=150, required=False)
    work_start = forms.TimeField(label="Work from", required=False, widget=ClockInput())
    work_end = forms.TimeField(label="until", required=False, widget=ClockInput())

    field_order = ("first_name", "city", "pick", "work_start", "work_end")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["city"].label = "Home city"

    def clean(self) -> dict[str, Any]:
        """Work hours are both or none; a night shift ends before it starts."""
        data = super().clean()
        start, end = data.get("work_start"), data.get("work_end")
        if bool(start is None) != bool(end is None) and not self.errors.keys() & {"work_start", "work_end"}:
            self.add_error("work_start" if start is None else "work_end", "Give both times or none.")
        return data

    @property
    def changes(self) -> dict[str, Any]:
        """What the person becomes, for `people.services.update`."""
        start, end = self.cleaned_data["work_start"], self.cleaned_data["work_end"]
        hours = {"start": f"{start:%H:%M}", "end": f"{end:%H:%M}"} if start is not None else None
        return {
            "first_name": self.cleaned_data["first_name"],
            "home_city_id": self.cleaned_data["city_id"],
            "work_hours": hours,
        }


def profile_of(user: User) -> dict[str, Any]:
    """A person's present values for `ProfileForm`."""
    hours = user.work_hours or {}
    return {
        "first_name": user.first_name,
        **city_of(user.home_city_id),
        "work_start": hours.get("start"),
        "work_end": hours.get("end"),
    }


def city_of(city_id: int | None) -> dict[str, Any]:
    """A city's present values for a form."""
    city = represent_all([city_id]).get(city_id) if city_id else None
    return {"city": label(city), "pick": city["id"]} if city else {}


def _region(city: dict[str, Any]) -> str:
    return ", ".join(part["name"] for part in (city["region"], city["country"]) if part)
