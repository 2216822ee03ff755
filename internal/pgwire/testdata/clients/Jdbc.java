// Reads through the port with the PostgreSQL JDBC driver: prepared statements that
// become named ones, binary transfer, fetch size, batches, metadata. Prints one line for
// each thing read.
import java.sql.*;

public class Jdbc {
    public static void main(String[] a) throws Exception {
        try (Connection c = DriverManager.getConnection(a[0], a[1], a[2])) {
            DatabaseMetaData m = c.getMetaData();
            System.out.println("server " + m.getDatabaseProductName());
            try (ResultSet r = m.getTables(null, "goldbell", "customer", null)) {
                while (r.next()) System.out.println("table " + r.getString("TABLE_NAME") + " " + r.getString("TABLE_TYPE"));
            }
            try (ResultSet r = m.getColumns(null, "goldbell", "customer", null)) {
                while (r.next()) System.out.println("column " + r.getString("COLUMN_NAME") + " " + r.getString("TYPE_NAME"));
            }
            try (ResultSet r = m.getTypeInfo()) {
                int n = 0;
                while (r.next()) n++;
                System.out.println("types " + (n > 10));
            }
            try (PreparedStatement s = c.prepareStatement("SELECT id, phone, name FROM customer WHERE id = ?")) {
                for (int i = 1; i <= 8; i++) { // the driver names the statement after five times
                    s.setLong(1, i);
                    try (ResultSet r = s.executeQuery()) {
                        while (r.next()) System.out.println("row " + r.getLong(1) + " " + r.getString(2) + " " + r.getString(3));
                    }
                }
            }
            try (PreparedStatement s = c.prepareStatement("SELECT id FROM customer WHERE phone = ?")) {
                for (int i = 1; i <= 8; i++) {
                    s.setString(1, "1390000000" + i);
                    System.out.println("parameters " + s.getParameterMetaData().getParameterTypeName(1));
                    try (ResultSet r = s.executeQuery()) {
                        while (r.next()) System.out.println("found " + r.getLong(1));
                    }
                }
            }
            try (PreparedStatement s = c.prepareStatement("SELECT id FROM customer WHERE phone = ANY (?) ORDER BY id")) {
                s.setArray(1, c.createArrayOf("text", new String[] {"13900000003", "13900000004", "13900000150"}));
                try (ResultSet r = s.executeQuery()) {
                    while (r.next()) System.out.println("any " + r.getLong(1));
                }
            }
            c.setAutoCommit(false);
            try (Statement s = c.createStatement()) {
                s.setFetchSize(7);
                int shown = 0, hidden = 0;
                try (ResultSet r = s.executeQuery("SELECT phone FROM customer ORDER BY id")) {
                    while (r.next()) {
                        if ("***".equals(r.getString(1))) hidden++;
                        else shown++;
                    }
                }
                System.out.println("fetched " + shown + " " + hidden);
            }
            try (Statement s = c.createStatement()) {
                s.executeQuery("SELECT phone FROM customer WHERE id = 150");
                System.out.println("warned " + (s.getWarnings() != null));
            }
            try (PreparedStatement s = c.prepareStatement("UPDATE plain SET company = ? WHERE id = ?")) {
                for (int i = 1; i <= 3; i++) {
                    s.setString(1, "company " + i % 7);
                    s.setLong(2, i);
                    s.addBatch();
                }
                System.out.println("updated " + s.executeBatch().length);
            }
            c.rollback();
            try (Statement s = c.createStatement()) {
                s.executeQuery("SELECT id FROM customer ORDER BY phone");
                System.out.println("sorted");
            } catch (SQLException e) {
                System.out.println("refused " + e.getSQLState());
            }
            c.rollback();
        }
    }
}
