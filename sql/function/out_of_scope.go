package function

import (
	"strings"

	"github.com/ctlake/ctlake/sql"
)

// outOfScope names, by group, functions of Trino and its plugins that are not built and
// are not going to be: nothing in a trail of events asks for them.
var outOfScope = map[string]string{
	"geospatial": `st_asbinary st_asewkb st_astext st_asewkt st_geometryfromtext st_geomfrombinary st_geomfromewkt st_geomfromkml
		geometry_from_hadoop_shape st_linefromtext st_linestring st_multipoint st_point st_polygon to_spherical_geography to_geometry
		st_collect st_makeline st_makepolygon st_multi st_contains st_crosses st_disjoint st_equals st_intersects st_overlaps st_relate
		st_touches st_within geometry_nearest_points geometry_union st_boundary st_buffer st_difference st_envelope st_envelopeaspts
		st_exteriorring st_intersection st_symdifference st_union st_force2d st_force3d st_area st_centroid st_convexhull st_coorddim
		st_dimension st_distance st_endpoint st_geometries st_geometryn st_geometrytype st_interiorringn st_interiorrings st_isclosed
		st_isempty st_isring st_issimple st_isvalid st_length st_numgeometries st_numinteriorring st_numpoints st_pointn st_points
		st_startpoint st_x st_xmax st_xmin st_y st_ymax st_ymin st_z st_srid st_setsrid st_transform st_normalize st_linemerge
		st_minimumboundingcircle st_orientedenvelope st_pointonsurface st_polygonize st_reduceprecision st_voronoipolygons
		simplify_geometry geometry_invalid_reason great_circle_distance line_interpolate_point line_interpolate_points
		line_locate_point to_geojson_geometry from_geojson_geometry to_encoded_polyline from_encoded_polyline convex_hull_agg
		geometry_union_agg geometry_collect_agg spatial_partitioning spatial_partitions bing_tile bing_tile_at bing_tile_coordinates
		bing_tile_polygon bing_tile_quadkey bing_tile_zoom_level bing_tiles_around geometry_to_bing_tiles`,
	"machine learning": `features learn_classifier learn_libsvm_classifier classify learn_regressor learn_libsvm_regressor regress`,
	"color":            `bar color render rgb`,
	"Teradata":         `char2hexint index to_char to_timestamp to_date`,
	"AI":               `ai_analyze_sentiment ai_classify ai_extract ai_fix_grammar ai_gen ai_mask ai_translate`,
	"multiset":         `collect fusion intersection`,
	"DataSketches":     `theta_sketch_union theta_sketch_intersection theta_sketch_cardinality`,
}

// groupsOutOfScope tells the group of a name in outOfScope.
var groupsOutOfScope = func() map[string]string {
	groups := map[string]string{}
	for group, names := range outOfScope {
		for name := range strings.FieldsSeq(names) {
			groups[name] = group
		}
	}
	return groups
}()

// OutOfScope returns the group of a function, in lower case, that is not built on
// purpose: "geospatial", say. It is "" for all other names.
func OutOfScope(name string) string { return groupsOutOfScope[name] }

func notBuilt(name, group string) error {
	return sql.NotSupported(sql.Pos{}, "Function '"+name+"' of the "+group+" functions")
}
