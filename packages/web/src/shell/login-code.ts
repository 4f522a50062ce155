// The one-time code stands in the fragment, which browsers send to nobody; it is taken out before anything else runs,
// so that it stays neither in the address nor in the history.

const CODE = /(?:^#|&)code=([A-Za-z0-9-]{1,64})/;

export function takeLoginCode(): string | undefined {
  const code = CODE.exec(window.location.hash)?.[1];
  if (code !== undefined) {
    window.history.replaceState(null, "", `${window.location.pathname}${window.location.search}`);
  }
  return code;
}
