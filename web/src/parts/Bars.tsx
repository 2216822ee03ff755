import { useEffect, useRef } from 'react'
import { useLook } from '../app/theme'

export interface Bar {
  name: string
  value: number
  /** What the bar says, beside it and to a screen reader. */
  label: string
}

/** A chart of bars. The page that shows it says the same in a table. */
export function Bars({ bars, title }: { bars: Bar[]; title: string }) {
  const place = useRef<HTMLDivElement>(null)
  const { look } = useLook()
  useEffect(() => {
    let gone = false
    let end = () => {}
    void import('./echarts').then(({ init }) => {
      if (gone || !place.current) return
      const chart = init(place.current, null, { renderer: 'canvas' })
      const ink = look === 'dark' ? '#ebebeb' : '#1f1f1f'
      chart.setOption({
        animation: false,
        textStyle: { color: ink },
        grid: { left: 8, right: 150, top: 8, bottom: 8, containLabel: true },
        tooltip: { renderMode: 'richText', formatter: (p: { dataIndex: number }) => bars[p.dataIndex]?.label ?? '' },
        xAxis: { type: 'value', max: 1, axisLabel: { show: false }, splitLine: { show: false } },
        yAxis: { type: 'category', inverse: true, data: bars.map((b) => b.name), axisLabel: { color: ink } },
        series: [
          {
            type: 'bar',
            data: bars.map((b) => b.value),
            barMaxWidth: 22,
            itemStyle: { color: look === 'dark' ? '#d9b25a' : '#7a5b0b' },
            label: {
              show: true,
              position: 'right',
              color: ink,
              formatter: (p: { dataIndex: number }) => bars[p.dataIndex]?.label ?? '',
            },
          },
        ],
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
  }, [bars, look])
  return <div ref={place} className="chart" role="img" aria-label={title} data-testid="chart" />
}
