// The words of an event's record in the queue; the first is its tick.

export const TYPE = 1;
export const TO = 2;
/** The number of a timer, the sender of a datagram, the end of a stream. */
export const SUBJECT = 3;
export const GENERATION = 4;
export const PAYLOAD = 5;
/** What has still to come in over the receiver's line; THROUGH: nothing has. */
export const BYTES = 6;
export const THROUGH = -1;
/** The image of a packed message. */
export const IMAGE = 4;
export const HASH = 9;
