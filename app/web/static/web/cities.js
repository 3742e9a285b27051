// Suggests cities while one is typed. Without this script the form asks "which one?" after it was sent.
"use strict";
document.querySelectorAll("input[data-cities]").forEach((input) => {
  const pick = input.form.querySelector("input[type=hidden][name=pick]");
  if (!pick) return;
  const list = document.createElement("datalist");
  list.id = `${input.id}_list`;
  input.after(list);
  input.setAttribute("list", list.id);
  const known = new Map();
  let timer, asked;

  const label = (city) => {
    const state = city.country.code === "US" && city.region ? [city.region.code] : [];
    return [city.name, ...state, city.country.code].join(", ");
  };
  const suggest = async () => {
    const query = input.value.split(",")[0].trim();
    if (query.length < 2 || query === asked) return;
    asked = query;
    const answer = await fetch(`/api/cities?limit=10&search=${encodeURIComponent(query)}`);
    if (!answer.ok || query !== asked) return;
    const cities = (await answer.json()).results;
    cities.forEach((city) => known.set(label(city), city.id));
    list.replaceChildren(...cities.map((city) => {
      const option = document.createElement("option");
      option.value = label(city);
      return option;
    }));
  };
  input.addEventListener("input", () => {
    pick.value = known.get(input.value) ?? "";
    clearTimeout(timer);
    timer = setTimeout(suggest, 150);
  });
});
