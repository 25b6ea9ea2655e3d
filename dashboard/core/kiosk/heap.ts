const megabyte = 1e6

/** JavaScript's memory, MB; Chromium tells, others do not: https://developer.mozilla.org/docs/Web/API/Performance/memory */
export function heapMb(): number | null {
  const { memory } = performance as { memory?: { usedJSHeapSize: number } }
  return memory === undefined ? null : Math.round(memory.usedJSHeapSize / (megabyte / 10)) / 10
}
