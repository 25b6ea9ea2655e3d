import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserMissing, smallTargets } from '../support/browser/browser.ts'
import { keyboardOf } from '../support/browser/keyboard.ts'
import { siteDir, wallPages } from '../support/browser/wall-pages.ts'
import { troubledCity } from '../support/city/scripted-city.ts'
import { scriptedCommand, scriptedCommands } from '../support/city/scripted-commands.ts'

const missing = browserMissing()

const stateOf = (page: Page, id: string) => page.locator(`[data-command="${id}"] .command-state`).textContent()

describe.skipIf(missing !== undefined)(`commands in the browser ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()
  const backend = () => wall.backend({ city: troubledCity({ siteDir, nowMs: Date.now() }) })

  async function openDevice(path: string, size?: { width: number; height: number }) {
    const server = await backend()
    const { page, complaints } = await wall.open(`${server.url}${path}`, size)
    await page.locator('.device-commands > summary').click()
    await page.locator('.commands').waitFor()
    return { server, page, complaints }
  }

  test('each state is said in words, and its own author cannot approve a dangerous one', async () => {
    const server = await backend()
    server.commands.push(...scriptedCommands(Date.now()))
    const { page } = await wall.open(`${server.url}/konsol/perintah?lang=id`)
    await page.locator('.command').first().waitFor()
    const buttons = (n: number) =>
      page.locator(`[data-command="${n.toString(16).padStart(16, '0')}"] .command-actions button`).allInnerTexts()
    const firstWords = async (n: number) => (await buttons(n)).map((words) => words.split(/\s/)[0])
    expect(await firstWords(10)).toEqual(['Setujui', 'Tolak'])
    expect(await firstWords(11)).toEqual(['Batalkan'])
    expect(await buttons(13)).toEqual([])
    await page.selectOption('.commands-page select', 'expired')
    await expect
      .poll(() => page.locator('.command-state').allInnerTexts())
      .toEqual([
        'Kedaluwarsa: perangkat tidak tersambung',
        'Kedaluwarsa: tidak ada yang menyetujui',
        'Kedaluwarsa: dikirim, tanpa tanda terima',
        'Kedaluwarsa: tidak ada jawaban',
      ])
    await page.selectOption('.commands-page select', 'open')
    await page.locator('[data-command="000000000000000a"] .command-actions button').first().click()
    await expect.poll(() => stateOf(page, '000000000000000a')).toBe('Menunggu perangkat')
  })

  test('what is told of a command is seen at once, and one that is over leaves the list of open ones', async () => {
    const server = await backend()
    const nowMs = Date.now()
    server.commands.push(scriptedCommand(nowMs, 1))
    const { page } = await wall.open(`${server.url}/konsol/perintah?lang=id`)
    await page.locator('.command').waitFor()
    const command = scriptedCommand(nowMs, 2, {
      state: 'sent',
      acknowledged: true,
      offeredAt: new Date().toISOString(),
    })
    server.tellCommand(command)
    await expect.poll(() => page.locator('.command').count()).toBe(2)
    const toldMs = performance.now()
    server.tellCommand({ ...command, state: 'done', answeredAt: new Date().toISOString() })
    await expect.poll(() => page.locator('.command').count(), { interval: 20 }).toBe(1)
    expect(performance.now() - toldMs).toBeLessThan(1000)
  })

  test.each(['/konsol/perangkat?focus=lampu-01&lang=id', '/wall/bus?focus=bus-01&lang=id'])(
    'on %s a command is given, and its events are read, by keyboard alone',
    async (path) => {
      const { server, page, complaints } = await openDevice(path)
      const keys = keyboardOf(page)
      expect(await page.locator('.commands .calm').first().textContent()).toContain('belum pernah')
      await page.locator('[name=command]').focus()
      await page.selectOption('[name=command]', '')
      await keys.tabTo('[name=name]')
      await keys.type('open-door')
      await keys.tabTo('[name=args]')
      await keys.type('[1, {}')
      await keys.tabTo('.command-form .primary')
      await keys.press('Enter')
      await expect.poll(() => page.locator('.command-form .form-error').textContent()).toContain('bukan JSON')
      expect(server.commands).toEqual([])
      await page.locator('[name=args]').fill('[1, {}]')
      await keys.tabTo('.command-form .primary')
      await keys.press('Enter')
      await expect
        .poll(() => server.commands.map(({ name, args }) => ({ name, args })))
        .toEqual([{ name: 'open-door', args: [1, {}] }])
      await expect.poll(() => page.locator('.command-state').allInnerTexts()).toEqual(['Menunggu perangkat'])
      await page.selectOption('[name=command]', 'reboot')
      expect(await page.locator('.command-warn').textContent()).toContain('orang kedua')
      await page.locator('.device-events > summary').focus()
      await keys.press('Enter')
      await expect.poll(() => page.locator('.event-list li').count()).toBe(4)
      expect(await page.locator('[data-event=command-result] strong').textContent()).toBe('jawaban perintah')
      expect(complaints).toEqual([])
    },
  )

  test('what a device or a caller wrote is text, however it looks', async () => {
    const server = await backend()
    const evil = '<img src=x onerror="document.title=1">'
    server.commands.push(scriptedCommand(Date.now(), 1, { state: 'sent', name: 'x', args: { evil }, error: evil }))
    const { page, complaints } = await wall.open(`${server.url}/konsol/perintah`)
    await page.locator('.command-error').waitFor()
    expect(await page.locator('.command img').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test.each([
    [1920, 1080, 24],
    [390, 844, 48],
  ] as const)(
    'on %d x %d nothing sticks out, every target can be hit, and axe finds nothing grave',
    async (...size) => {
      const [width, height, target] = size
      const { server, page } = await openDevice('/konsol/perangkat?focus=bus-01', { width, height })
      server.commands.push(...scriptedCommands(Date.now()))
      for (const path of ['/konsol/perangkat?focus=bus-01', '/konsol/perintah']) {
        await page.goto(`${server.url}${path}`)
        if (path.includes('focus')) {
          await page.locator('.device-commands > summary').click()
          await page.locator('.device-events summary').click()
        }
        await page.locator('.command').first().waitFor()
        const wide = `[...document.querySelectorAll('.commands *, .commands-page *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length`
        expect(await page.evaluate(wide)).toBe(0)
        const small = await smallTargets(page, target)
        expect(small.filter((one) => /command|event/.test(one))).toEqual([])
        await page.evaluate(axe.source)
        const grave = `axe.run('.commands, .commands-page').then(({ violations }) => violations.filter(({ impact }) => /serious|critical/.test(impact)).flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ' ' + target)))`
        expect(await page.evaluate(grave)).toEqual([])
      }
    },
  )
})
