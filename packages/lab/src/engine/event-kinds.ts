// The kinds of event in a world. The digest holds them, so they keep their numbers.

export const TIMER = 0;
export const DATAGRAM = 1;
/** A dial reaches the other side. */
export const DIAL = 2;
/** … and its answer comes back. */
export const ACCEPTED = 3;
export const REFUSED = 4;
export const MESSAGE = 5;
/** The other side ended the stream. */
export const ENDED = 6;
/** This side closed the stream, and is through with it. */
export const CLOSED = 7;
export const WRITABLE = 8;

/** A datagram whose message lies in the event itself. For the digest it is a DATAGRAM like any other. */
export const PACKED = 9;
