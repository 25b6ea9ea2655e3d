/** How values of one metric join when many become one: in a time bucket, or over several devices. */
export type Aggregation = 'mean' | 'min' | 'max' | 'last' | 'sum' | 'count'
export const aggregations = ['mean', 'min', 'max', 'last', 'sum', 'count'] as const

export interface Metric {
  /** UCUM-like unit as it is shown; empty for a bare number. */
  unit: string
  label: { id: string; en: string }
  /** `counter` only grows (until it is reset); `boolean` travels as true/false and is stored as 1/0. */
  type: 'gauge' | 'counter' | 'boolean'
  /** Physically plausible range, both ends included. A value outside is set aside, never stored or drawn. */
  min: number
  max: number
  decimals: number
  aggregate: Aggregation
}

type Words = [id: string, en: string]

function gauge(
  unit: string,
  [id, en]: Words,
  [min, max]: [number, number],
  decimals: number,
  aggregate: Aggregation = 'mean',
): Metric {
  return { unit, label: { id, en }, type: 'gauge', min, max, decimals, aggregate }
}

function counter(unit: string, [id, en]: Words, max: number, decimals: number): Metric {
  return { unit, label: { id, en }, type: 'counter', min: 0, max, decimals, aggregate: 'max' }
}

function flag([id, en]: Words): Metric {
  return { unit: '', label: { id, en }, type: 'boolean', min: 0, max: 1, decimals: 0, aggregate: 'last' }
}

/**
 * The one dictionary of measured quantities. snake_case with the unit last, as Prometheus does. Ranges are physical
 * limits of the quantity or of the instruments that measure it (WMO-No. 8 for weather), not alarm limits.
 */
export const metrics = {
  speed_kmh: gauge('km/h', ['Kecepatan', 'Speed'], [0, 250], 0),
  heading_deg: gauge('°', ['Arah', 'Heading'], [0, 360], 0, 'last'),
  altitude_m: gauge('m', ['Ketinggian', 'Altitude'], [-500, 9000], 0),
  accuracy_m: gauge('m', ['Akurasi posisi', 'Position accuracy'], [0, 100_000], 0, 'max'),
  hdop: gauge('', ['HDOP', 'HDOP'], [0, 100], 1, 'max'),
  satellites: gauge('', ['Satelit', 'Satellites'], [0, 100], 0, 'min'),
  odometer_km: counter('km', ['Odometer', 'Odometer'], 10_000_000, 1),
  ignition: flag(['Kontak', 'Ignition']),
  motion: flag(['Bergerak', 'In motion']),
  supply_v: gauge('V', ['Tegangan catu', 'Supply voltage'], [0, 1000], 1),
  battery_v: gauge('V', ['Tegangan baterai', 'Battery voltage'], [0, 1000], 2),
  battery_pct: gauge('%', ['Baterai', 'Battery'], [0, 100], 0, 'min'),
  temperature_c: gauge('°C', ['Suhu', 'Temperature'], [-60, 100], 1),
  device_temperature_c: gauge('°C', ['Suhu perangkat', 'Device temperature'], [-60, 200], 1, 'max'),
  humidity_pct: gauge('%', ['Kelembapan', 'Humidity'], [0, 100], 0),
  pressure_hpa: gauge('hPa', ['Tekanan udara', 'Air pressure'], [300, 1100], 1),
  co2_ppm: gauge('ppm', ['CO₂', 'CO₂'], [0, 40_000], 0),
  pm25_ugm3: gauge('µg/m³', ['PM2,5', 'PM2.5'], [0, 2000], 0),
  pm10_ugm3: gauge('µg/m³', ['PM10', 'PM10'], [0, 4000], 0),
  light_lx: gauge('lx', ['Cahaya', 'Light'], [0, 200_000], 0),
  uv_index: gauge('', ['Indeks UV', 'UV index'], [0, 25], 1, 'max'),
  solar_wm2: gauge('W/m²', ['Radiasi matahari', 'Solar radiation'], [0, 2000], 0),
  rain_mm: counter('mm', ['Hujan kumulatif', 'Rain total'], 1_000_000, 1),
  rain_day_mm: gauge('mm', ['Hujan hari ini', 'Rain today'], [0, 2000], 1, 'max'),
  rain_rate_mmh: gauge('mm/h', ['Intensitas hujan', 'Rain rate'], [0, 1000], 1, 'max'),
  wind_speed_ms: gauge('m/s', ['Kecepatan angin', 'Wind speed'], [0, 120], 1),
  wind_gust_ms: gauge('m/s', ['Hembusan', 'Wind gust'], [0, 150], 1, 'max'),
  wind_dir_deg: gauge('°', ['Arah angin', 'Wind direction'], [0, 360], 0, 'last'),
  distance_m: gauge('m', ['Jarak', 'Distance'], [0, 10_000], 2),
  water_level_m: gauge('m', ['Tinggi muka air', 'Water level'], [-20, 50], 2),
  soil_moisture_pct: gauge('%', ['Kelembapan tanah', 'Soil moisture'], [0, 100], 0),
  soil_temperature_c: gauge('°C', ['Suhu tanah', 'Soil temperature'], [-40, 80], 1),
  power_w: gauge('W', ['Daya', 'Power'], [-10_000_000, 10_000_000], 0),
  energy_kwh: counter('kWh', ['Energi', 'Energy'], 1_000_000_000, 2),
  voltage_v: gauge('V', ['Tegangan', 'Voltage'], [0, 1000], 1),
  current_a: gauge('A', ['Arus', 'Current'], [-10_000, 10_000], 2),
  frequency_hz: gauge('Hz', ['Frekuensi', 'Frequency'], [0, 400], 2),
  relay: flag(['Relai', 'Relay']),
  occupied: flag(['Terisi', 'Occupied']),
  open: flag(['Terbuka', 'Open']),
  count: gauge('', ['Jumlah', 'Count'], [0, 10_000_000], 0, 'sum'),
  fps: gauge('fps', ['Gambar per detik', 'Frames per second'], [0, 240], 1),
  process_fps: gauge('fps', ['Gambar diproses', 'Frames processed'], [0, 240], 1),
  detection_fps: gauge('fps', ['Deteksi per detik', 'Detections per second'], [0, 1000], 1),
  skipped_fps: gauge('fps', ['Gambar terlewat', 'Frames skipped'], [0, 240], 1),
  frame_age_s: gauge('s', ['Usia gambar', 'Frame age'], [0, 31_536_000], 0, 'max'),
  bitrate_kbps: gauge('kbit/s', ['Laju data', 'Bitrate'], [0, 10_000_000], 0),
  packet_loss_pct: gauge('%', ['Paket hilang', 'Packet loss'], [0, 100], 1, 'max'),
  storage_free_pct: gauge('%', ['Sisa penyimpanan', 'Storage free'], [0, 100], 0, 'min'),
  recording: flag(['Merekam', 'Recording']),
  latency_ms: gauge('ms', ['Latensi', 'Latency'], [0, 600_000], 0),
  uptime_s: counter('s', ['Waktu hidup', 'Uptime'], 10_000_000_000, 0),
  rssi_dbm: gauge('dBm', ['Kuat sinyal', 'Signal strength'], [-200, 50], 0),
  fill_pct: gauge('%', ['Terisi', 'Fill level'], [0, 100], 0),
  occupancy: gauge('', ['Kendaraan di lajur', 'Occupancy'], [0, 100_000], 0),
  passengers: gauge('', ['Penumpang', 'Passengers'], [0, 500], 0),
  mains: flag(['Listrik PLN', 'Mains power']),
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof metrics

/** A count of one class of things. */
const countName = /^count_[a-z0-9_]{1,58}$/

/** A channel suffix (`temperature_c_2`), as real multi-channel devices have. */
const channelSuffix = /_\d{1,2}$/

/**
 * What is known of a metric name: its own entry, that of its base for a channel (`voltage_v_1`), a count for
 * `count_<label>`; `undefined` for a name outside the dictionary, which passes through without range or unit.
 */
export function findMetric(name: string): Metric | undefined {
  if (Object.hasOwn(metrics, name)) return metrics[name as MetricName]
  const base = name.replace(channelSuffix, '')
  if (base !== name) return findMetric(base)
  return countName.test(name) ? metrics.count : undefined
}

/** What every metric name looks like once it is inside: nothing in it can be a quote, a path or a line. */
export const metricNamePattern = /^[a-z][a-z0-9_]{0,63}$/

const maxSlugLength = 48

/**
 * The name under which an unknown key passes through: `Outputs/LEDs/Green` → `outputs_leds_green`, `1.8.0` → `n1_8_0`;
 * '' if no letter and no digit is in it. Several keys may have one slug: see metric-names.ts.
 */
export function metricSlug(key: string): string {
  const slug = key
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  const named = /^[0-9]/.test(slug) ? `n${slug}` : slug
  return named.slice(0, maxSlugLength)
}

/** Whether a value lies within its metric's physical range; of a flag, or a name outside the dictionary, any does. */
export function isPlausible(name: string, value: number | boolean): boolean {
  const metric = findMetric(name)
  if (metric === undefined || typeof value === 'boolean') return true
  return value >= metric.min && value <= metric.max
}
