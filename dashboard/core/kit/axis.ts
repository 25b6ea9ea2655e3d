/** No axis needs more: what is finer is noise of the arithmetic. */
const maxDecimals = 4

/** Decimals that tell marks of an axis apart which stand this far from one another. */
export function axisDecimals(stepSize: number): number {
  for (let decimals = 0; decimals < maxDecimals; decimals++) {
    const scaled = stepSize * 10 ** decimals
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 && Math.round(scaled) > 0) return decimals
  }
  return maxDecimals
}
