import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** The system call, the error, and which call of it fails. */
export interface Fault {
  call: 'fsync' | 'pwrite64'
  error: 'EIO' | 'ENOSPC'
  nth: number
}

/** Runs a script of ours in which one system call fails once; its exit status, or the signal. */
export async function runWithFault(script: string, args: readonly string[], fault?: Fault): Promise<number | string> {
  const node = [process.execPath, script, ...args]
  const command =
    fault === undefined
      ? node
      : [
          'strace',
          '-f',
          '-qq',
          '--seccomp-bpf',
          '-e',
          `trace=${fault.call}`,
          '-e',
          injection(fault),
          '-o',
          '/dev/null',
          ...node,
        ]
  const [program = '', ...rest] = command
  const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'ignore'] })
  const [status, signal] = (await once(child, 'exit')) as [number | null, string | null] // `exit` of a ChildProcess
  return status ?? signal ?? 'unknown'
}

function injection({ call, error, nth }: Fault): string {
  return `inject=${call}:error=${error}:when=${nth}`
}
