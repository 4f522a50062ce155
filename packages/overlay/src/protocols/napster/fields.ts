// Fields of a message's text: words with blanks between them, or anything but a quote between quotes. There is no escape.

/** Reads field after field, as the servers do: runs of blanks count once, and what is left over is ignored. */
export class FieldReader {
  private readonly text: string;
  private at = 0;
  /** The field read last stood in quotes. */
  wasQuoted = false;

  constructor(text: string) {
    this.text = text;
  }

  /** The next field; undefined at the end. A quote that is never closed quotes all the rest. */
  next(): string | undefined {
    this.skipBlanks();
    const { text } = this;
    if (this.at >= text.length) return undefined;
    this.wasQuoted = text.charCodeAt(this.at) === QUOTE;
    if (this.wasQuoted) {
      const end = text.indexOf('"', this.at + 1);
      const field = text.slice(this.at + 1, end < 0 ? text.length : end);
      this.at = end < 0 ? text.length : end + 1;
      return field;
    }
    const start = this.at;
    while (this.at < text.length && !isBlank(text.charCodeAt(this.at))) this.at++;
    return text.slice(start, this.at);
  }

  /** All that is left behind the blanks: the last field of chat messages, which needs no quotes. */
  rest(): string {
    this.skipBlanks();
    const rest = this.text.slice(this.at);
    this.at = this.text.length;
    return rest;
  }

  private skipBlanks(): void {
    while (this.at < this.text.length && isBlank(this.text.charCodeAt(this.at))) this.at++;
  }
}

/** At most `max` fields, from the front. */
export function splitFields(text: string, max: number): string[] {
  const reader = new FieldReader(text);
  const fields: string[] = [];
  for (let field = reader.next(); field !== undefined && fields.length < max; field = reader.next()) fields.push(field);
  return fields;
}

/** A field in quotes. A quote inside it cannot be sent and becomes an apostrophe. */
export function quote(field: string): string {
  return field.includes('"') ? `"${field.replaceAll('"', "'")}"` : `"${field}"`;
}

/** A whole number of digits, 0 to `max`; undefined where it is none. */
export function wholeNumber(field: string | undefined, max: number): number | undefined {
  if (field === undefined || !/^\d{1,15}$/.test(field)) return undefined;
  const number = Number(field);
  return number <= max ? number : undefined;
}

/** The address of an IPv4 endpoint as Napster writes it: the four bytes read as a little-endian number. */
export function ipField(ipv4: number): number {
  return (((ipv4 & 0xff) << 24) | ((ipv4 & 0xff00) << 8) | ((ipv4 >>> 8) & 0xff00) | (ipv4 >>> 24)) >>> 0;
}

/** An IPv4 address as a big-endian number, from Napster's field; undefined where it is none. */
export function ipv4OfField(field: string | undefined): number | undefined {
  const number = wholeNumber(field, 0xffff_ffff);
  return number === undefined ? undefined : ipField(number);
}

const QUOTE = 0x22;

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
