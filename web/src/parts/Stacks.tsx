import { useEffect, useRef } from 'react'
import { useLook } from '../app/theme'

export interface Stack {
  name: string
  /** By series; a series that is missing is nothing. */
  values: Record<string, number>
}

const light = ['#7a5b0b', '#3c6e71', '#8f4e8b', '#2f5d8a', '#9a6a4f', '#5b7f3a', '#8a8a8a']
const dark = ['#d9b25a', '#7fc4c8', '#d9a0d6', '#8fbfe8', '#e0b39a', '#b1d58f', '#bdbdbd']

/** Stacked bars, one a name. The page that shows them says the same in a table. */
export function Stacks({
  stacks,
  series,
  title,
}: {
  stacks: Stack[]
  series: { key: string; name: string }[]
  title: string
}) {
  const place = useRef<HTMLDivElement>(null)
  const { look } = useLook()
  useEffect(() => {
    let gone = false
    let end = () => {}
    void import('./echarts').then(({ init }) => {
      if (gone || !place.current) return
      const chart = init(place.current, null, { renderer: 'canvas' })
      const ink = look === 'dark' ? '#ebebeb' : '#1f1f1f'
      const line = look === 'dark' ? '#434343' : '#d9d6cc'
      chart.setOption({
        animation: false,
        color: look === 'dark' ? dark : light,
        textStyle: { color: ink },
        grid: { left: 8, right: 24, top: series.length > 1 ? 36 : 8, bottom: 8, containLabel: true },
        legend: { show: series.length > 1, top: 0, textStyle: { color: ink } },
        tooltip: { renderMode: 'richText', trigger: 'axis', axisPointer: { type: 'shadow' } },
        xAxis: {
          type: 'value',
          minInterval: 1,
          axisLabel: { color: ink },
          splitLine: { lineStyle: { color: line } },
        },
        yAxis: { type: 'category', inverse: true, data: stacks.map((s) => s.name), axisLabel: { color: ink } },
        series: series.map((s) => ({
          name: s.name,
          type: 'bar',
          stack: 'all',
          barMaxWidth: 22,
          data: stacks.map((x) => x.values[s.key] ?? 0),
        })),
      } as never)
      const size = new ResizeObserver(() => chart.resize())
      size.observe(place.current)
      end = () => {
        size.disconnect()
        chart.dispose()
      }
    })
    return () => {
      gone = true
      end()
    }
  }, [stacks, series, look])
  return (
    <div
      ref={place}
      role="img"
      aria-label={title}
      data-testid="stacks"
      style={{ height: 56 + 28 * Math.max(2, stacks.length) }}
    />
  )
}
