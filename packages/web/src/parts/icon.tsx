// The page's own icons: 20 × 20, one stroke, the colour of the text beside them. Never without a word or a label.

const PATHS = {
  search: "M9 4.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M12.4 12.4 16 16",
  transfers: "M6.5 4v11M3.5 12l3 3 3-3M13.5 16V5M10.5 8l3-3 3 3",
  library:
    "M3 6.2c0-.7.5-1.2 1.2-1.2h3.3l1.6 1.8h6.7c.7 0 1.2.5 1.2 1.2v6.8c0 .7-.5 1.2-1.2 1.2H4.2c-.7 0-1.2-.5-1.2-1.2z",
  networks:
    "M5 6.5 15 10 5 13.5M5 6.5v7M5 4.9a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2M5 11.9a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2M15 8.4a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2",
  settings:
    "M4 6.5h6M14 6.5h2M4 13.5h2M10 13.5h6M12 4.8a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4M8 11.8a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4",
  slow: "M3.5 14.5h10c2.6 0 3-2.2 3-3.4V8.6M5 14.5c-.4-4.2 1.7-7 4.6-7 2.7 0 4.4 2 4.4 4.6M16.5 8.6c0-1 .2-1.6 0-2.4M16.5 8.6c.6-.9 1-1.3 1-2.2M9.6 14.4c1.9-.2 2.6-1.3 2.6-2.4 0-1.2-.9-2-2-2-1 0-1.8.7-1.8 1.6",
  down: "M10 4v11M5.5 10.5 10 15l4.5-4.5",
  up: "M10 16V5M5.5 9.5 10 5l4.5 4.5",
  pause: "M7.5 5v10M12.5 5v10",
  play: "M7 4.8v10.4l8-5.2z",
  retry: "M15.5 10a5.5 5.5 0 1 1-1.7-4M15.6 3.6v3.1h-3.1",
  close: "M5.5 5.5l9 9M14.5 5.5l-9 9",
  remove: "M4.5 6h11M8 6V4.4h4V6M6 6l.6 9.6h6.8L14 6M8.6 8.6v4.4M11.4 8.6v4.4",
  help: "M10 3.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13M8.2 8.1c.2-1.1 1-1.7 1.9-1.7 1.1 0 1.9.7 1.9 1.7 0 1.5-1.9 1.5-1.9 3M10 13.4v.1",
  right: "M8 5.5 12.5 10 8 14.5",
  open: "M5.5 8 10 12.5 14.5 8",
  copy: "M7.5 7.5V4.8c0-.5.3-.8.8-.8h7c.4 0 .7.3.7.8v6.4c0 .5-.3.8-.8.8h-2.7M4.8 8h6.9c.5 0 .8.3.8.8v6.4c0 .5-.3.8-.8.8H4.8c-.5 0-.8-.3-.8-.8V8.8c0-.5.3-.8.8-.8",
  link: "M8.4 11.6a3 3 0 0 0 4.3 0l2.4-2.4a3 3 0 0 0-4.3-4.3l-.9.9M11.6 8.4a3 3 0 0 0-4.3 0l-2.4 2.4a3 3 0 0 0 4.3 4.3l.9-.9",
  check: "M4.5 10.5 8.3 14.3 15.5 6.5",
  add: "M10 4.5v11M4.5 10h11",
  lock: "M5.5 9h9v6.5h-9zM7.2 9V7a2.8 2.8 0 0 1 5.6 0v2",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  why: "M4 5.2c0-.7.5-1.2 1.2-1.2h9.6c.7 0 1.2.5 1.2 1.2v6.6c0 .7-.5 1.2-1.2 1.2H10l-3.5 3v-3H5.2c-.7 0-1.2-.5-1.2-1.2zM8.5 6.9c.2-.7.8-1.1 1.5-1.1.9 0 1.5.5 1.5 1.3 0 1.1-1.5 1.1-1.5 2.1M10 11v.1",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 2.4 : 1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
