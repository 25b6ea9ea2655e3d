import { useEffect, useState } from 'react'
import { dayMs } from '../../../contract/time.ts'
import { levelMetric } from '../../../domain/rivers/siaga.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import { type History, loadHistory } from '../../core/connection/history.ts'
import { useCore } from '../../ui/core-context.tsx'

const renewMs = 60_000

export type Levels = ReadonlyMap<string, History | 'failed'>

/** The last 24 hours of some gauges by their ids, renewed each minute; what was read stays when a renewal fails. */
export function useLevels(gauges: readonly SeenDevice[], widthPx: number): Levels {
  const core = useCore()
  const [levels, setLevels] = useState<Levels>(new Map())
  const wanted = gauges.map(({ id, expectedMs }) => `${id} ${expectedMs}`).join(',')
  useEffect(() => {
    if (widthPx === 0 || wanted === '') return
    let gone = false
    const load = async () => {
      for (const one of wanted.split(',')) {
        const [deviceId = '', expectedMs = ''] = one.split(' ')
        const span = { expectedMs: Number(expectedMs), nowMs: core.clock.nowMs(), spanMs: dayMs, widthPx }
        const history = await loadHistory(core.rest, { deviceId, metrics: [levelMetric], ...span }).catch(
          () => undefined,
        )
        if (gone) return
        setLevels((before) => new Map(before).set(deviceId, history ?? before.get(deviceId) ?? 'failed'))
      }
    }
    void load()
    const timer = setInterval(() => void load(), renewMs)
    return () => {
      gone = true
      clearInterval(timer)
    }
  }, [core, wanted, widthPx])
  return levels
}
