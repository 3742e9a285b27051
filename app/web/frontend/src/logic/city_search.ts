/** What people type to find a city: a part of its name, perhaps followed by where it lies, as in its label. */

interface Place {
  name: string;
  country: { code: string; name: string };
  region: { code: string; name: string } | null;
}

/** The name, for which the server searches, and what stands after it, comma by comma. */
export function divide(text: string): { name: string; rest: string[] } {
  const [name = "", ...rest] = text.split(",").map((part) => part.trim());
  return { name, rest: rest.filter(Boolean) };
}

/** Whether each part is the beginning of the country or region of a city, by code or by name. */
export function fits({ country, region }: Place, rest: string[]): boolean {
  const names = [country.code, country.name, region?.code ?? "", region?.name ?? ""].map(fold);
  return rest.every((part) => names.some((name) => name.startsWith(fold(part))));
}

/** Whether a city's name holds what is typed, so that it is certainly found by it. */
export function isNamed({ name }: Pick<Place, "name">, typed: string): boolean {
  return fold(name).includes(fold(typed));
}

/** Without case and accents. */
function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
