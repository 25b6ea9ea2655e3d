import type { Config } from './config.ts'

/** What main.ts is to be called with, to run the simulated city beside the roles. */
export function simulatorCommand(
  { settings, siteDir }: Pick<Config, 'settings' | 'siteDir'>,
  { mqtt, keysFile, seed }: { mqtt: string; keysFile: string; seed: number },
): string[] {
  const options = {
    url: mqtt,
    keys: keysFile,
    seed: String(seed),
    site: siteDir,
    'topic-root': settings.BCC_TOPIC_ROOT,
    timezone: settings.BCC_TIMEZONE,
  }
  return ['sim', '--demo', '--quiet', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])]
}
