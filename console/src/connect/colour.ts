/** Relative luminance of `#rrggbb`, as WCAG 2 defines it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** What can be read on a colour, whichever somebody chose. */
export const readableOn = (colour: string): string => (contrast(colour, "#ffffff") >= contrast(colour, "#000000") ? "#ffffff" : "#000000");

/** Colours a button, which carries its own text; nothing else needs to be readable in it. */
export function paint(element: HTMLElement, accent: string): void {
  if (!/^#[0-9a-f]{6}$/.test(accent)) return;
  element.style.setProperty("--brand", accent);
  element.style.setProperty("--on-brand", readableOn(accent));
}
