import { useCallback, useEffect, useState } from 'react'
import type { Place } from '../../../domain/geo/geo.ts'
import { type PlaceFault, placeFaultOf } from '../../core/kit/install.ts'

export type PhonePlace =
  | { is: 'off' }
  | { is: 'waiting' }
  | { is: 'found'; place: Place; accuracyM: number }
  | { is: 'failed'; fault: PlaceFault }

/** About 10 cm. */
const decimals = 6
const patienceMs = 20_000

/** Where the phone is, better and better as long as it is on. */
export function usePhonePlace(): { phone: PhonePlace; start: () => void; stop: () => void } {
  /** 0: off. */
  const [attempt, setAttempt] = useState(0)
  const [phone, setPhone] = useState<PhonePlace>({ is: 'off' })

  useEffect(() => {
    if (attempt === 0) return undefined
    let found = false
    const watching = navigator.geolocation.watchPosition(
      ({ coords: { latitude, longitude, accuracy } }) => {
        found = true
        const place = { lat: Number(latitude.toFixed(decimals)), lon: Number(longitude.toFixed(decimals)) }
        setPhone({ is: 'found', place, accuracyM: accuracy })
      },
      ({ code }) => {
        const fault = placeFaultOf(code)
        // A phone that lies still may have nothing new to say.
        if (found && fault !== 'denied') return
        setPhone({ is: 'failed', fault })
      },
      { enableHighAccuracy: true, maximumAge: 0, timeout: patienceMs },
    )
    return () => navigator.geolocation.clearWatch(watching)
  }, [attempt])

  const start = useCallback(() => {
    // Without TLS a browser does not even ask the person.
    if (!isSecureContext) return setPhone({ is: 'failed', fault: 'insecure' })
    if (!('geolocation' in navigator)) return setPhone({ is: 'failed', fault: 'unavailable' })
    setPhone({ is: 'waiting' })
    setAttempt((before) => before + 1)
  }, [])
  const stop = useCallback(() => {
    setAttempt(0)
    setPhone({ is: 'off' })
  }, [])
  return { phone, start, stop }
}
