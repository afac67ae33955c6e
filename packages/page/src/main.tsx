import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './page.css';
import { App } from './app.js';
import { applyTheme, readTheme } from './theme.js';

applyTheme(readTheme());
render(<App />, document.body);
