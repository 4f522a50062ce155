// Logarithm, exponential, power and circular functions that give the same bits in every engine. The built-in ones may differ
// from engine to engine in their last bits, and one bit is enough to send a simulated message first. Only + - * /, Math.sqrt,
// Math.floor and Math.abs are used, which IEEE 754 and the language define exactly. Within about 1e-15 of the true value,
// relative, except where a function says otherwise.
import { assert } from "@servent/overlay/base/assert.ts";

export const PI = 3.141592653589793;

/** Natural logarithm; -Infinity at 0, NaN below. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  let exponent = 0;
  let normal = x;
  if (normal < SMALLEST_NORMAL) {
    normal *= TWO_TO_54;
    exponent = -54;
  }
  bits.setFloat64(0, normal);
  const high = bits.getInt32(0);
  exponent += (high >> 20) - EXPONENT_BIAS;
  bits.setInt32(0, (high & MANTISSA_HIGH) | ONE_HIGH);
  let mantissa = bits.getFloat64(0);
  if (mantissa > SQRT_2) {
    mantissa /= 2;
    exponent++;
  }
  // ln m = 2 artanh s = 2 (s + s^3/3 + s^5/5 + …) with s = (m - 1) / (m + 1), here at most 0.172.
  const s = (mantissa - 1) / (mantissa + 1);
  const t = s * s;
  const far = 1 / 13 + t * (1 / 15 + t * (1 / 17 + t * (1 / 19 + t * (1 / 21 + t / 23))));
  const tail = 1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11 + t * far))));
  return exponent * LN_2_HIGH + (2 * s + (2 * s * t * tail + exponent * LN_2_LOW));
}

/** e to the power of x; Infinity and 0 where it leaves the range of a double. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.79) return Number.POSITIVE_INFINITY;
  if (x < -745.2) return 0;
  const exponent = Math.floor(x / LN_2_HIGH + 0.5);
  const rest = x - exponent * LN_2_HIGH - exponent * LN_2_LOW;
  // Taylor's series: at |rest| <= 0.347 the first term left out is below 5e-18.
  const far = F8 + rest * (F9 + rest * (F10 + rest * (F11 + rest * (F12 + rest * F13))));
  const near = F3 + rest * (F4 + rest * (F5 + rest * (F6 + rest * (F7 + rest * far))));
  return scale(1 + (rest + rest * rest * (0.5 + rest * near)), exponent);
}

/** `base` (0 or more) to the power of `exponent`. The error grows with |exponent · ln base|: 1e-13 at the end of the range. */
export function power(base: number, exponent: number): number {
  assert(base >= 0, "only a number that is not negative has every power");
  if (exponent === 0) return 1;
  if (exponent === 1) return base;
  return exp(exponent * ln(base));
}

/** Sine of an angle in radians, |x| up to ANGLE_MAX. */
export function sin(x: number): number {
  const magnitude = circular(Math.abs(x), 0);
  return x < 0 ? -magnitude : magnitude;
}

/** Cosine of an angle in radians, |x| up to ANGLE_MAX. */
export function cos(x: number): number {
  return circular(Math.abs(x), 1);
}

/** Arc tangent, in radians. */
export function atan(x: number): number {
  const size = Math.abs(x);
  if (size > 1) {
    const angle = PI / 2 - atan(1 / size);
    return x < 0 ? -angle : angle;
  }
  // Twice the half angle, twice over: then the argument is at most tan(pi / 16), and the series is short.
  const half = x / (1 + Math.sqrt(1 + x * x));
  const quarter = half / (1 + Math.sqrt(1 + half * half));
  const t = quarter * quarter;
  const far = 1 / 13 - t * (1 / 15 - t * (1 / 17 - t * (1 / 19 - t * (1 / 21 - t / 23))));
  const tail = 1 / 3 - t * (1 / 5 - t * (1 / 7 - t * (1 / 9 - t * (1 / 11 - t * far))));
  return 4 * (quarter - quarter * t * tail);
}

/** Arc cosine of -1 … 1, in radians. */
export function acos(x: number): number {
  assert(x >= -1 && x <= 1, "a cosine lies between -1 and 1");
  if (x === -1) return PI;
  return 2 * atan(Math.sqrt((1 - x) / (1 + x)));
}

/**
 * The value that a standard normal variable stays below with probability `share`, 0 < share < 1. M. J. Wichura's algorithm
 * AS 241 (PPND16, 1988): rational approximations over three ranges.
 */
export function normalQuantile(share: number): number {
  assert(share > 0 && share < 1, "a quantile belongs to a share between 0 and 1");
  const offset = share - 0.5;
  if (Math.abs(offset) <= 0.425) return offset * ratio(QUANTILE_MIDDLE, 0.180625 - offset * offset);
  const depth = Math.sqrt(-ln(offset < 0 ? share : 1 - share));
  const size = depth <= 5 ? ratio(QUANTILE_SIDE, depth - 1.6) : ratio(QUANTILE_FAR, depth - 5);
  return offset < 0 ? -size : size;
}

/** Logarithm of the gamma function for x > 0; absolute error about 1e-14. */
export function lnGamma(x: number): number {
  assert(x > 0, "the gamma function is wanted for positive numbers only");
  // Up to where Stirling's series is exact enough, by gamma(x) = gamma(x + 1) / x.
  let product = 1;
  let shifted = x;
  while (shifted < 12) {
    product *= shifted;
    shifted++;
  }
  const inverse = 1 / (shifted * shifted);
  const series =
    (1 / 12 -
      inverse *
        (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse * (1 / 1188 - (inverse * 691) / 360360))))) /
    shifted;
  return (shifted - 0.5) * ln(shifted) - shifted + LN_SQRT_2_PI + series - ln(product);
}

/** The gamma function for x > 0. */
export function gamma(x: number): number {
  return exp(lnGamma(x));
}

/** Angles beyond this lose too many bits when whole turns are taken off. */
export const ANGLE_MAX = 1_000_000;

/** sin(x + shift · pi / 2) for x >= 0. */
function circular(x: number, shift: number): number {
  assert(x <= ANGLE_MAX, "an angle is at most ANGLE_MAX");
  const quarters = Math.floor(x / (PI / 2) + 0.5);
  // pi / 2 in three parts of 33 bits: the first two products are exact, so the rest keeps all its bits near 0 (Cody and Waite).
  const rest = x - quarters * HALF_PI_1 - quarters * HALF_PI_2 - quarters * HALF_PI_3;
  const quadrant = (quarters + shift) & 3;
  const size = (quadrant & 1) === 0 ? sineSeries(rest) : cosineSeries(rest);
  return quadrant < 2 ? size : -size;
}

/** Taylor's series for |x| <= pi / 4: the first term left out is below 1e-19, relative. */
function sineSeries(x: number): number {
  const t = x * x;
  const far = F9 - t * (F11 - t * (F13 - t * (F15 - t * F17)));
  return x - x * t * (F3 - t * (F5 - t * (F7 - t * far)));
}

function cosineSeries(x: number): number {
  const t = x * x;
  const far = F8 - t * (F10 - t * (F12 - t * (F14 - t * (F16 - t * F18))));
  return 1 - t * (0.5 - t * (F4 - t * (F6 - t * far)));
}

/** value · 2^exponent, for a value near 1. */
function scale(value: number, exponent: number): number {
  if (exponent > 1023) return value * 2 * powerOfTwo(exponent - 1);
  if (exponent >= -1022) return value * powerOfTwo(exponent);
  // The result has fewer bits than usual; the last product rounds once.
  return value * powerOfTwo(exponent + 54) * TWO_TO_MINUS_54;
}

/** For exponents -1022 … 1023. */
function powerOfTwo(exponent: number): number {
  bits.setInt32(0, (exponent + EXPONENT_BIAS) << 20);
  bits.setInt32(4, 0);
  return bits.getFloat64(0);
}

/** A fraction of two polynomials, coefficients from the highest power down: first those above, then those below. */
function ratio(coefficients: readonly (readonly number[])[], x: number): number {
  const [above, below] = coefficients as [readonly number[], readonly number[]];
  return polynomial(above, x) / polynomial(below, x);
}

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) sum = sum * x + (coefficients[i] as number);
  return sum;
}

/** A view, not a typed array: those have the byte order of the machine. */
const bits = new DataView(new ArrayBuffer(8));

const EXPONENT_BIAS = 1023;
/** The upper word of 1. */
const ONE_HIGH = EXPONENT_BIAS << 20;
const MANTISSA_HIGH = 0x000fffff;
const SMALLEST_NORMAL = 2.2250738585072014e-308;
const TWO_TO_54 = 2 ** 54;
const TWO_TO_MINUS_54 = 1 / TWO_TO_54;
const SQRT_2 = 1.4142135623730951;

/** ln 2 in two parts; the first has so few bits that its product with an exponent is exact. */
const LN_2_HIGH = 0.6931471803691238;
const LN_2_LOW = 1.9082149292705877e-10;

/** One over the factorials. */
const F3 = 1 / 6;
const F4 = 1 / 24;
const F5 = 1 / 120;
const F6 = 1 / 720;
const F7 = 1 / 5040;
const F8 = 1 / 40320;
const F9 = 1 / 362880;
const F10 = 1 / 3628800;
const F11 = 1 / 39916800;
const F12 = 1 / 479001600;
const F13 = 1 / 6227020800;
const F14 = 1 / 87178291200;
const F15 = 1 / 1307674368000;
const F16 = 1 / 20922789888000;
const F17 = 1 / 355687428096000;
const F18 = 1 / 6402373705728000;

const HALF_PI_1 = 1.5707963267341256;
const HALF_PI_2 = 6.077100506303966e-11;
const HALF_PI_3 = 2.0222662487959506e-21;

const LN_SQRT_2_PI = 0.9189385332046728;

const QUANTILE_MIDDLE = [
  [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
    133.14166789178438, 3.3871328727963665,
  ],
  [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
    42.31333070160091, 1,
  ],
];
const QUANTILE_SIDE = [
  [
    7.745450142783414e-4, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  [
    1.0507500716444169e-9, 5.475938084995345e-4, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1,
  ],
];
const QUANTILE_FAR = [
  [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
    1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  [
    2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 7.868691311456133e-4, 0.014875361290850615,
    0.1369298809227358, 0.599832206555888, 1,
  ],
];
