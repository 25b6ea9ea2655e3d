import type { CityTime, Language } from '../../../domain/city-time.ts'
import { createObservable, type Observable } from '../kit/observable.ts'
import type { CityNames } from './site-info.ts'
import { createTranslator, type Translator } from './translate.ts'

export type Theme = 'malam' | 'siang'

export interface Preferences {
  translator: Observable<Translator>
  theme: Observable<Theme>
  /** What the page's wall wants; the address goes before it, a key after it. */
  suggest(looks: { language: Language; theme: Theme | 'auto' }): void
  toggleLanguage(): void
  toggleTheme(): void
  /** For `auto`: day from 06.00 to 18.00 of the city. */
  follow(nowMs: number): void
}

const languageKey = 'bcc-lang'
const themeKey = 'bcc-theme'

type Memory = Pick<Storage, 'getItem' | 'setItem'>

function remembered(memory: Memory | undefined, key: string): string | null {
  try {
    return memory?.getItem(key) ?? null
  } catch {
    return null
  }
}

function remember(memory: Memory | undefined, key: string, what: string): void {
  try {
    memory?.setItem(key, what)
  } catch {
    // A browser that keeps nothing still shows everything.
  }
}

/** Language and palette: from the address (`?lang=en&theme=siang`), else as last chosen here, else id and malam. */
export function createPreferences(options: {
  search: URLSearchParams
  memory?: Memory
  cityTime: Observable<CityTime>
  names: Observable<CityNames>
}): Preferences {
  const { search, memory, cityTime, names } = options
  const language: Language = (search.get('lang') ?? remembered(memory, languageKey)) === 'en' ? 'en' : 'id'
  const chosen = search.get('theme') ?? remembered(memory, themeKey)
  let auto = chosen === 'auto'
  const translator = createObservable(createTranslator(language, cityTime.get(), names.get()))
  const speak = (next: Language) => translator.set(createTranslator(next, cityTime.get(), names.get()))
  cityTime.subscribe(() => speak(translator.get().language))
  names.subscribe(() => speak(translator.get().language))
  const theme = createObservable<Theme>(chosen === 'siang' ? 'siang' : 'malam')
  return {
    translator,
    theme,
    suggest(looks) {
      if (!search.has('lang') && looks.language !== translator.get().language) speak(looks.language)
      if (search.has('theme')) return
      auto = looks.theme === 'auto'
      if (looks.theme !== 'auto') theme.set(looks.theme)
    },
    toggleLanguage() {
      const next = translator.get().language === 'id' ? 'en' : 'id'
      remember(memory, languageKey, next)
      speak(next)
    },
    toggleTheme() {
      auto = false
      theme.set(theme.get() === 'malam' ? 'siang' : 'malam')
      remember(memory, themeKey, theme.get())
    },
    follow(nowMs) {
      if (!auto) return
      const hour = cityTime.get().hour(nowMs)
      theme.set(hour >= 6 && hour < 18 ? 'siang' : 'malam')
    },
  }
}
