import java.io.BufferedWriter;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.sql.Date;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.orc.storage.ql.exec.vector.BytesColumnVector;
import org.apache.orc.storage.ql.exec.vector.ColumnVector;
import org.apache.orc.storage.ql.exec.vector.DecimalColumnVector;
import org.apache.orc.storage.ql.exec.vector.DoubleColumnVector;
import org.apache.orc.storage.ql.exec.vector.ListColumnVector;
import org.apache.orc.storage.ql.exec.vector.LongColumnVector;
import org.apache.orc.storage.ql.exec.vector.MapColumnVector;
import org.apache.orc.storage.ql.exec.vector.StructColumnVector;
import org.apache.orc.storage.ql.exec.vector.TimestampColumnVector;
import org.apache.orc.storage.ql.exec.vector.VectorizedRowBatch;
import org.apache.orc.storage.ql.io.sarg.PredicateLeaf;
import org.apache.orc.storage.ql.io.sarg.SearchArgument;
import org.apache.orc.storage.ql.io.sarg.SearchArgumentFactory;
import org.apache.orc.storage.serde2.io.HiveDecimalWritable;
import org.apache.orc.OrcFile;
import org.apache.orc.Reader;
import org.apache.orc.RecordReader;
import org.apache.orc.TypeDescription;

/**
 * Reads files with Apache ORC's Java reader.
 *
 *   OrcRows DIR NAMES...   writes the rows of DIR/NAME.orc to DIR/NAME.java, a JSON list a line, in the
 *                          form that orcfiles tells of
 *
 * and for each line of DIR/predicates.tsv (column, type, operator, values; tabs between) a line with
 * the ids of the rows of DIR/predicates.orc that are read under it, to DIR/predicates.java.
 */
public class OrcRows {
    public static void main(String[] args) throws Exception {
        String dir = args[0];
        for (int i = 1; i < args.length; i++) {
            Reader reader = open(dir + "/" + args[i] + ".orc");
            try (BufferedWriter out = Files.newBufferedWriter(Paths.get(dir, args[i] + ".java"))) {
                rows(reader, out);
            }
        }
        Reader reader = open(dir + "/predicates.orc");
        try (BufferedWriter out = Files.newBufferedWriter(Paths.get(dir, "predicates.java"))) {
            for (String line : Files.readAllLines(Paths.get(dir, "predicates.tsv"))) {
                ids(reader, line.split("\t", -1), out);
            }
        }
    }

    static Reader open(String path) throws IOException {
        Configuration conf = new Configuration();
        return OrcFile.createReader(new Path(path),
            OrcFile.readerOptions(conf).useUTCTimestamp(true).convertToProlepticGregorian(true));
    }

    static void rows(Reader reader, BufferedWriter out) throws IOException {
        TypeDescription schema = reader.getSchema();
        VectorizedRowBatch batch = schema.createRowBatch();
        StringBuilder text = new StringBuilder();
        try (RecordReader rows = reader.rows()) {
            while (rows.nextBatch(batch)) {
                for (int row = 0; row < batch.size; row++) {
                    text.setLength(0);
                    for (int c = 0; c < batch.cols.length; c++) {
                        text.append(c == 0 ? '[' : ',');
                        value(text, schema.getChildren().get(c), batch.cols[c], row);
                    }
                    out.write(text.append("]\n").toString());
                }
            }
        }
    }

    static void value(StringBuilder b, TypeDescription type, ColumnVector vector, int row) {
        int i = vector.isRepeating ? 0 : row;
        if (!vector.noNulls && vector.isNull[i]) {
            b.append("null");
            return;
        }
        switch (type.getCategory()) {
            case BOOLEAN:
                b.append(((LongColumnVector) vector).vector[i] != 0);
                break;
            case BYTE: case SHORT: case INT: case LONG: case DATE:
                b.append('"').append(((LongColumnVector) vector).vector[i]).append('"');
                break;
            case FLOAT: case DOUBLE:
                b.append('"').append(((DoubleColumnVector) vector).vector[i]).append('"');
                break;
            case STRING: case VARCHAR: case CHAR: {
                BytesColumnVector v = (BytesColumnVector) vector;
                quote(b, new String(v.vector[i], v.start[i], v.length[i], StandardCharsets.UTF_8));
                break;
            }
            case BINARY: {
                BytesColumnVector v = (BytesColumnVector) vector;
                b.append('"');
                for (int k = 0; k < v.length[i]; k++) {
                    b.append(String.format("%02x", v.vector[i][v.start[i] + k]));
                }
                b.append('"');
                break;
            }
            case DECIMAL:
                b.append('"').append(((DecimalColumnVector) vector).vector[i].toFormatString(type.getScale())).append('"');
                break;
            case TIMESTAMP: case TIMESTAMP_INSTANT: {
                TimestampColumnVector v = (TimestampColumnVector) vector;
                BigInteger seconds = BigInteger.valueOf(Math.floorDiv(v.time[i], 1000L));
                b.append('"').append(seconds.multiply(BigInteger.valueOf(1_000_000_000L)).add(BigInteger.valueOf(v.nanos[i]))).append('"');
                break;
            }
            case LIST: {
                ListColumnVector v = (ListColumnVector) vector;
                b.append('[');
                for (int k = 0; k < v.lengths[i]; k++) {
                    if (k > 0) {
                        b.append(',');
                    }
                    value(b, type.getChildren().get(0), v.child, (int) v.offsets[i] + k);
                }
                b.append(']');
                break;
            }
            case MAP: {
                MapColumnVector v = (MapColumnVector) vector;
                b.append('[');
                for (int k = 0; k < v.lengths[i]; k++) {
                    b.append(k > 0 ? ",[" : "[");
                    value(b, type.getChildren().get(0), v.keys, (int) v.offsets[i] + k);
                    b.append(',');
                    value(b, type.getChildren().get(1), v.values, (int) v.offsets[i] + k);
                    b.append(']');
                }
                b.append(']');
                break;
            }
            case STRUCT: {
                StructColumnVector v = (StructColumnVector) vector;
                for (int k = 0; k < v.fields.length; k++) {
                    b.append(k == 0 ? '[' : ',');
                    value(b, type.getChildren().get(k), v.fields[k], i);
                }
                b.append(']');
                break;
            }
            default:
                throw new IllegalArgumentException(type.toString());
        }
    }

    static void quote(StringBuilder b, String s) {
        b.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c == '"' || c == '\\') {
                b.append('\\').append(c);
            } else if (c < 0x20) {
                b.append(String.format("\\u%04x", (int) c));
            } else {
                b.append(c);
            }
        }
        b.append('"');
    }

    static void ids(Reader reader, String[] predicate, BufferedWriter out) throws IOException {
        String column = predicate[0];
        String op = predicate[2];
        PredicateLeaf.Type type = type(predicate[1]);
        List<Object> values = new ArrayList<>();
        for (int i = 3; i < predicate.length; i++) {
            values.add(literal(predicate[1], predicate[i]));
        }
        SearchArgument.Builder b = SearchArgumentFactory.newBuilder().startAnd();
        switch (op) {
            case "=": b.equals(column, type, values.get(0)); break;
            case "<": b.lessThan(column, type, values.get(0)); break;
            case "<=": b.lessThanEquals(column, type, values.get(0)); break;
            case "between": b.between(column, type, values.get(0), values.get(1)); break;
            case "in": b.in(column, type, values.toArray()); break;
            case "is null": b.isNull(column, type); break;
            default: throw new IllegalArgumentException(op);
        }
        Reader.Options options = reader.options().searchArgument(b.end().build(), new String[] {column})
            .include(new boolean[reader.getSchema().getMaximumId() + 1]).allowSARGToFilter(false);
        options.getInclude()[0] = true;
        options.getInclude()[reader.getSchema().findSubtype("id").getId()] = true;
        options.getInclude()[reader.getSchema().findSubtype(column).getId()] = true;
        VectorizedRowBatch batch = reader.getSchema().createRowBatch();
        StringBuilder text = new StringBuilder();
        try (RecordReader rows = reader.rows(options)) {
            while (rows.nextBatch(batch)) {
                LongColumnVector v = (LongColumnVector) batch.cols[0];
                for (int row = 0; row < batch.size; row++) {
                    text.append(text.length() > 0 ? "," : "").append(v.vector[v.isRepeating ? 0 : row]);
                }
            }
        }
        out.write(text.append('\n').toString());
    }

    static PredicateLeaf.Type type(String kind) {
        switch (kind) {
            case "bigint": return PredicateLeaf.Type.LONG;
            case "double": return PredicateLeaf.Type.FLOAT;
            case "string": return PredicateLeaf.Type.STRING;
            case "date": return PredicateLeaf.Type.DATE;
            case "decimal": return PredicateLeaf.Type.DECIMAL;
            case "timestamp": return PredicateLeaf.Type.TIMESTAMP;
            case "boolean": return PredicateLeaf.Type.BOOLEAN;
            default: throw new IllegalArgumentException(kind);
        }
    }

    static Object literal(String kind, String text) {
        switch (kind) {
            case "bigint": return Long.valueOf(text);
            case "double": return Double.valueOf(text);
            case "date": return new Date(Long.parseLong(text) * 86_400_000L);
            case "decimal": return new HiveDecimalWritable(text);
            case "boolean": return Boolean.valueOf(text);
            case "timestamp": {
                BigInteger[] parts = new BigInteger(text).divideAndRemainder(BigInteger.valueOf(1_000_000_000L));
                long seconds = parts[0].longValue();
                long nanos = parts[1].longValue();
                if (nanos < 0) {
                    seconds--;
                    nanos += 1_000_000_000L;
                }
                Timestamp t = new Timestamp(seconds * 1000);
                t.setNanos((int) nanos);
                return t;
            }
            default: return text;
        }
    }
}
