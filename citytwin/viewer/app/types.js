/**
 * Types of the published documents (latest.json, layer.json, styles) as the page uses them.
 * Types only; nothing runs here.
 *
 * @typedef {{ja: string, en: string}} Text
 * @typedef {"ja"|"en"} Lang
 *
 * @typedef {object} StyleItem  One class: values in [min, max); null = open.
 * @property {number|null} min
 * @property {number|null} max
 * @property {[number, number, number]} rgb
 * @property {Text} label
 * @property {boolean} [transparent]  In the legend, not drawn on the map.
 *
 * @typedef {object} Style
 * @property {"class"|"ramp"} kind
 * @property {string} unit
 * @property {Text} title
 * @property {StyleItem[]} items
 *
 * @typedef {object} ValuesAsset  value = raw * scale + offset; row 0 is the north row.
 * @property {string} href
 * @property {string} dtype
 * @property {number} scale
 * @property {number} offset
 * @property {number} nodata
 * @property {number} width
 * @property {number} height
 * @property {[number, number, number, number]} mercator_bounds  xmin, ymin, xmax, ymax [m].
 *
 * @typedef {object} Frame  One moment, direction of the wind or season of a raster layer.
 * @property {string|null} [time]  ISO 8601 instant in UTC.
 * @property {number|null} [from_deg]  Where the wind comes from, clockwise from true north.
 * @property {number[]|null} [months]  Months of the season, 1 to 12.
 * @property {Text|null} [said]  What holds then, such as where the sun stands; the direction or season.
 * @property {string} data  GeoTIFF.
 * @property {{href: string, bounds: [number, number, number, number]}} image
 * @property {ValuesAsset} values
 *
 * @typedef {object} Column
 * @property {string} name
 * @property {Text} label
 * @property {string} [unit]
 * @property {number} [precision]
 * @property {Record<string, Text>|null} [values]  Wording of coded values.
 * @property {Record<string, Text>|null} [missing]  What a missing value means, by class.
 *
 * @typedef {object} LayerDocument
 * @property {string} id
 * @property {"raster"|"vector"} kind
 * @property {string} group
 * @property {Text} title
 * @property {Text} summary
 * @property {string} unit
 * @property {number} precision
 * @property {boolean} visible
 * @property {string} style
 * @property {{href: string, bounds: [number, number, number, number]}|null} [image]
 * @property {ValuesAsset|null} [values]
 * @property {Frame[]} [frames]  Moments of a layer over time, ascending, directions or seasons.
 * @property {number} [opening]  Number of the frame that the page opens on.
 * @property {string|null} [outlines]  Lines between the classes of a raster layer, as PMTiles.
 * @property {Text|null} [blank]  What stands where a raster layer is left blank.
 * @property {{outline?: [number, number][]}|null} [extent]
 * @property {string|null} [pmtiles]
 * @property {"polygon"|"line"|"point"|null} [geometry]
 * @property {{height: string, base: string|null}|null} [extrude]
 * @property {boolean} [thin]  Lines as fine as in a diagram.
 * @property {boolean} [directed]  Whether lines lead somewhere, as streamlines do.
 * @property {string|null} [style_column]
 * @property {string|null} [id_column]
 * @property {Column[]} [columns]
 * @property {({severity: "synthetic"|"fallback"|"loss"|"info"} & Text)[]} notes
 * @property {{name: string, label: Text, value: number, unit: string}[]} facts
 * @property {string} classification
 * @property {string} valid_time
 * @property {"state"|"day"|"begin"} [moment]  What the valid time is.
 * @property {string[]} [conditions]  Layers whose days and events this one stands on.
 * @property {string} licence
 * @property {{title: Text, sha256: string, licence?: string, synthetic?: boolean}[]} sources
 * @property {Text|null} disclaimer
 * @property {{href: string, type: string, title: Text}[]} files
 *
 * @typedef {object} Latest
 * @property {{id: string, title: Text}} city
 * @property {string} run_id
 * @property {string} published
 * @property {string} time_zone
 * @property {string} crs
 * @property {Text} vertical_datum
 * @property {string} classification
 * @property {boolean} synthetic
 * @property {{bounds: [number, number, number, number]}} view
 * @property {{id: string, run_id: string, path: string, checksum: string}[]} layers
 * @property {"static"|"served"} [publication]  Whether anyone reads it, or known readers do.
 * @property {string} [live]  File of live values, where a twin runs.
 *
 * @typedef {object} Layer  A layer ready for the page.
 * @property {string} id
 * @property {string} runId
 * @property {URL} base  Folder of the layer's run.
 * @property {LayerDocument} doc
 * @property {Style} style
 *
 * @typedef {object} City
 * @property {Latest} latest
 * @property {URL} root
 * @property {Layer[]} layers
 * @property {{id: string, reason: string}[]} broken  Layers that could not be read.
 */
export {};
