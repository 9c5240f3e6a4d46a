const paths = {
  catalog: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
  instances: "M8 7V3M16 7V3M6 7h12v4a6 6 0 0 1-12 0zM12 17v4",
  applications: "M14.5 9.5a4.5 4.5 0 1 0-4 4.47L12 15.5h2v2h2v2h3.5V16l-5.13-5.13c.08-.44.13-.9.13-1.37zM9 8.5h.01",
  usage: "M4 20V11M10 20V4M16 20v-7M22 20H2",
  account: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20a7.5 7.5 0 0 1 15 0",
  back: "M14 6l-6 6 6 6",
} as const;

export function Icon({ name, size = 18 }: { name: keyof typeof paths; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.7"
      strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
