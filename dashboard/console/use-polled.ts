import { useEffect, useState } from 'react'

/** `undefined`: not told yet; `failed`: it could not be read, and is not known. */
export type Polled<Value> = Value | 'failed' | undefined

/** What the server says, asked again and again while a page shows it. `load` keeps its identity as long as it asks the same. */
export function usePolled<Value>(load: () => Promise<Value>, everyMs: number): Polled<Value> {
  const [value, setValue] = useState<Polled<Value>>()
  useEffect(() => {
    const ask = () =>
      load().then(
        (told) => setValue(told),
        () => setValue('failed'),
      )
    void ask()
    const timer = setInterval(ask, everyMs)
    return () => clearInterval(timer)
  }, [load, everyMs])
  return value
}
