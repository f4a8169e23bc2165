#!/bin/sh
# Draws the pictograms: white on transparent, one line width, one SVG and one PNG of 256 px each. Needs rsvg-convert.
# White, because the projector adds light: a dark part of a pictogram is the bench itself.
set -e
cd "$(dirname "$0")"

pictogram() {
    cat >"$1.svg" <<SVG
<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256" viewBox="0 0 256 256">
<g fill="none" stroke="#fff" stroke-width="15" stroke-linecap="round" stroke-linejoin="round">
$2
</g>
</svg>
SVG
    rsvg-convert -w 256 -h 256 "$1.svg" -o "$1.png"
}

# A flat hand, fingers up, about 120 wide and 160 high from 0, 0.
hand='<path stroke-width="21" d="M38 84V34 M64 80V16 M90 80V22 M116 88V44 M36 118L12 92"/>
<path stroke="none" fill="#fff" d="M27.500 80H126.500V112C127.500 150 108 168 82 168C56 168 40 154 28 128Z"/>'
item='<rect x="-16" y="-58" width="32" height="116" rx="16" fill="#fff" stroke="none"/>'

pictogram hand-away "<g transform='translate(58 8) scale(0.92)'>$hand</g>
<path d='M128 178V236 M98 208L128 238L158 208'/>"

pictogram case-here "<path d='M128 14V92 M98 64L128 94L158 64'/>
<rect x='36' y='126' width='184' height='108' rx='16'/>
<path d='M98 126V234 M160 126V234 M98 180H160' stroke-width='9'/>"

pictogram take "<path d='M128 150V24 M94 58L128 24L162 58'/>
<path d='M28 128L50 232H206L228 128'/><path d='M28 128H78 M178 128H228'/>"

pictogram turn-round "<g transform='translate(128 128) rotate(28) scale(0.9)'>$item</g>
<path d='M34 94A100 100 0 0 1 210 71 M222 162A100 100 0 0 1 46 185'/>
<path d='M210 26V71L167 56 M46 230V185L89 200'/>"

pictogram turn-over "<path d='M30 222H226' stroke-width='9' stroke-dasharray='2 22'/>
<path fill='#fff' d='M50 190V120L96 190Z'/><path d='M206 190V120L160 190Z'/>
<path d='M64 84C84 26 172 26 192 76'/><path d='M204 36L194 80L150 70'/>"

pictogram remove "<rect x='30' y='136' width='196' height='96' rx='20' stroke-dasharray='4 27'/>
<g transform='translate(128 186) rotate(90) scale(0.9)'>$item</g>
<path d='M128 118V24 M96 56L128 24L160 56'/>"

pictogram one-too-many "<g transform='translate(52 140)'>$item</g><g transform='translate(118 140)'>$item</g>
<rect x='176' y='82' width='34' height='116' rx='17' stroke-dasharray='4 24' stroke-width='11'/>
<path d='M176 40H226'/>"

pictogram pause "<circle cx='128' cy='128' r='100'/><path stroke-width='24' d='M102 90V166 M154 90V166'/>"

pictogram help "<circle cx='86' cy='104' r='38' fill='#fff' stroke='none'/>
<path stroke='none' fill='#fff' d='M16 236C16 184 46 158 86 158C126 158 156 184 156 236Z'/>
<path d='M166 20H222A18 18 0 0 1 240 38V98A18 18 0 0 1 222 116H192L162 142V116A18 18 0 0 1 148 98V38A18 18 0 0 1 166 20Z' stroke-width='12'/>
<path d='M178 56C178 40 210 40 210 58C210 70 194 70 194 82' stroke-width='12'/>
<circle cx='194' cy='99' r='6.500' fill='#fff' stroke='none'/>"

pictogram well-done "<circle cx='128' cy='128' r='100'/><path stroke-width='22' d='M82 132L116 166L178 96'/>"

pictogram look "<path d='M18 128C58 62 198 62 238 128C198 194 58 194 18 128Z'/>
<circle cx='128' cy='128' r='32' fill='#fff' stroke='none'/>"

pictogram camera-gone "<mask id='m'><rect width='256' height='256' fill='#fff' stroke='none'/>
<path stroke='#000' stroke-width='44' d='M40 220L216 36'/></mask><g mask='url(#m)'>
<path d='M24 88A18 18 0 0 1 42 70H78L96 46H160L178 70H214A18 18 0 0 1 232 88V188A18 18 0 0 1 214 206H42A18 18 0 0 1 24 188Z'/>
<circle cx='128' cy='134' r='38'/></g><path d='M40 220L216 36'/>"

pictogram too-dark "<path d='M92 182C92 150 56 144 56 96C56 56 88 26 128 26C168 26 200 56 200 96C200 144 164 150 164 182Z'/>
<path d='M98 210H158 M112 236H144'/><path stroke='none' fill='#fff' d='M146 64A38 38 0 1 0 164 122A44 44 0 0 1 146 64Z'/>"

pictogram glare "<circle cx='128' cy='128' r='46' fill='#fff'/>
<path d='M128 18V42 M128 214V238 M18 128H42 M214 128H238 M50 50L67 67 M189 189L206 206 M206 50L189 67 M67 189L50 206'/>"

pictogram clear-bench "<rect x='20' y='148' width='216' height='84' rx='14'/>
<path d='M100 84H30 M58 56L28 84L58 112 M156 84H226 M198 56L228 84L198 112'/>
<rect x='112' y='30' width='32' height='88' rx='12' fill='#fff' stroke='none'/>"

pictogram put-aside "<rect x='22' y='84' width='112' height='96' rx='14'/><path d='M58 84V62A14 14 0 0 1 72 48H84A14 14 0 0 1 98 62V84'/>
<path d='M160 132H236 M206 102L236 132L206 162'/><path d='M22 220H234' stroke-dasharray='2 24'/>"

pictogram board "<rect x='28' y='28' width='200' height='200' rx='16'/>
<path stroke='none' fill='#fff' d='M46 46H100.500V100.500H46ZM155.500 46H210V100.500H155.500ZM100.500 100.500H155.500V155.500H100.500ZM46 155.500H100.500V210H46ZM155.500 155.500H210V210H155.500Z'/>"

pictogram box "<path d='M128 22L226 72V182L128 234L30 182V72Z'/><path d='M30 72L128 124L226 72 M128 124V234'/>"

pictogram next "<path d='M24 226H232'/><path d='M44 222L206 168' stroke-width='22'/>
<path d='M128 22V122 M92 88L128 124L164 88'/>"

pictogram hand "<g transform='translate(46 22) scale(1.22)'>$hand</g>"
