import { freePort, type RunningProgram, runProgram, temporaryFolder } from './influx-process.ts'

export interface RunningVictoriaMetrics extends RunningProgram {
  url: string
  /** All raw samples whose series match, by series: [ms, value] in order of time. Past our own code. */
  export(match: string): Promise<{ metric: Record<string, string>; points: [number, number][] }[]>
  close(): Promise<void>
}

/** A real single-node VictoriaMetrics, which takes line protocol at `/api/v2/write`; keeps ten years. */
export async function startVictoriaMetrics(): Promise<RunningVictoriaMetrics> {
  const folder = temporaryFolder('victoria-metrics')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const program = await runProgram(
    'victoria-metrics',
    [
      `-storageDataPath=${folder.path}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-retentionPeriod=10y',
      '-loggerLevel=ERROR',
      '-influx.databaseNames=city',
    ],
    () =>
      fetch(`${url}/health`).then(
        (response) => response.ok,
        () => false,
      ),
  )
  return {
    ...program,
    url,
    async export(match) {
      // What it took becomes searchable only after a while unless it is told to.
      await fetch(`${url}/internal/force_flush`)
      const parameters = new URLSearchParams({ 'match[]': match })
      const response = await fetch(`${url}/api/v1/export?${parameters}`)
      const lines = (await response.text()).split('\n').filter(Boolean)
      return lines.map((line) => {
        // The shape of a line is that of VictoriaMetrics's own documentation.
        const series = JSON.parse(line) as { metric: Record<string, string>; values: number[]; timestamps: number[] }
        return {
          metric: series.metric,
          points: series.timestamps.map((ms, at) => [ms, series.values[at] ?? Number.NaN]),
        }
      })
    },
    async close() {
      await program.kill()
      folder.remove()
    },
  }
}
