/** How values are written for people; JSON output keeps them as they are. */

/** 1234567 → `1 234 567`: a thin structure for the eye that no locale reads as a decimal sign. */
export function countText(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}

export function bytesText(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);

  return power === 0 ? `${value} B` : `${(value / 1000 ** power).toFixed(1)} ${units[power]}`;
}

export function millisecondsText(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : `${countText(Math.round(value))} ms`;
}
