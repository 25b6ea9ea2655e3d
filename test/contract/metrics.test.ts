import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findMetric, metricSlug, metrics } from '../../contract/metrics.ts'

describe('the dictionary', () => {
  test.each(Object.entries(metrics))(
    '%s has a name in snake_case, words, a range and an aggregation',
    (name, metric) => {
      expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
      expect(metric.label.id).not.toBe('')
      expect(metric.label.en).not.toBe('')
      expect(metric.min).toBeLessThan(metric.max)
      expect(metric.decimals).toBeGreaterThanOrEqual(0)
    },
  )

  test('counters never fall below zero and join by their greatest', () => {
    for (const [name, metric] of Object.entries(metrics)) {
      if (metric.type === 'counter') expect([name, metric.min, metric.aggregate]).toEqual([name, 0, 'max'])
    }
  })
})

describe('findMetric', () => {
  test.each([
    ['speed_kmh', metrics.speed_kmh],
    ['voltage_v_2', metrics.voltage_v],
    ['temperature_c_12', metrics.temperature_c],
    ['count_car', metrics.count],
    ['pm25_ugm3', metrics.pm25_ugm3],
  ])('finds %s', (name, metric) => {
    expect(findMetric(name)).toBe(metric)
  })

  test.each([
    '',
    'salinity_psu',
    'SPEED_KMH',
    '__proto__',
    'count_',
    'count_Sepeda Motor',
    'count_sepeda motor_1',
    `count_${'x'.repeat(59)}`,
    'constructor',
    'toString',
    'hasOwnProperty_1',
    '__proto___1',
  ])('knows nothing of %j', (name) => {
    expect(findMetric(name)).toBeUndefined()
  })

  test('answers for any name without throwing', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => void findMetric(name)))
  })
})

describe('metricSlug', () => {
  test.each([
    ['Outputs/LEDs/Green', 'outputs_leds_green'],
    ['speed_kmh', 'speed_kmh'],
    ['Suhu Ruang (°C)', 'suhu_ruang_c'],
    ['__proto__', 'proto'],
    ['42 answers', 'n42_answers'],
    ['1.8.0', 'n1_8_0'],
    ['°', ''],
    ['', ''],
  ])('%j becomes %j', (key, slug) => {
    expect(metricSlug(key)).toBe(slug)
  })

  test('gives a short safe name or none, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (key) => {
        expect(metricSlug(key)).toMatch(/^([a-z][a-z0-9_]{0,47})?$/)
      }),
    )
  })
})
