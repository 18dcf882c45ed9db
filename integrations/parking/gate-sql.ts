/**
 * The stays of one plate, priced. Nothing is kept but passages, so late and repeated messages change no more than they should.
 *
 * An exit ends a visit; whatever entries came since the exit before belong to it, and the first of them counts (a plate read twice at the
 * entry must not shorten a stay). Visits are numbered by the exits before them. An exit without an entry is a visit of its own.
 *
 * Hours are counted in whole seconds and days are 24 hours from the entry, so neither midnight nor a time zone changes a price, and
 * prices of two decimals times whole numbers need no rounding.
 */
const PRICED_STAYS = `WITH Passage AS (
  SELECT Plate, Direction, PassedAt,
    COALESCE(SUM(Direction = 'out') OVER (
      ORDER BY PassedAt, Direction ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS VisitNo
  FROM ParkingGateEvent WHERE Plate = \${plate}
), Visit AS (
  SELECT Plate, VisitNo,
    MIN(CASE WHEN Direction = 'in' THEN PassedAt END) AS EntryTime,
    MAX(CASE WHEN Direction = 'out' THEN PassedAt END) AS ExitTime,
    COUNT(CASE WHEN Direction = 'in' THEN 1 END) AS Entries
  FROM Passage GROUP BY Plate, VisitNo
), Stay AS (
  SELECT Visit.*,
    GREATEST(0, TIMESTAMPDIFF(SECOND, EntryTime, COALESCE(ExitTime, UTC_TIMESTAMP(3)))) AS Seconds,
    (SELECT MAX(ValidFrom) FROM ParkingTariff WHERE ValidFrom <= COALESCE(EntryTime, ExitTime)) AS TariffFrom
  FROM Visit
), Priced AS (
  SELECT Plate, VisitNo, EntryTime, ExitTime, Entries, Seconds DIV 60 AS Minutes, Currency,
    CASE WHEN ExitTime IS NULL THEN 'inside' WHEN EntryTime IS NULL THEN 'entry-lost' ELSE 'left' END AS State,
    CAST(CASE
      WHEN EntryTime IS NULL THEN DailyCap
      WHEN Seconds <= FreeMinutes * 60 THEN 0
      ELSE Seconds DIV 86400 * LEAST(DailyCap, 24 * PricePerHour)
        + LEAST(DailyCap, (Seconds MOD 86400 + 3599) DIV 3600 * PricePerHour)
    END AS DECIMAL(12, 2)) AS Fee
  FROM Stay LEFT JOIN ParkingTariff ON ValidFrom = TariffFrom
)
SELECT Plate, State, EntryTime, ExitTime, Minutes, Entries, Fee, Currency FROM Priced`;

/** The last visit of `plate`, whether it is over or not; no row for a plate that never came. */
export const CURRENT_FEE = `${PRICED_STAYS} ORDER BY VisitNo DESC LIMIT 1`;

/** Finished visits of `plate`, newest first, at most `limit`. */
export const FINISHED_VISITS = `${PRICED_STAYS} WHERE ExitTime IS NOT NULL ORDER BY VisitNo DESC LIMIT \${limit}`;

/** Of every zone (or of `zone`): its spaces, those that are free, and those that have never reported. */
export const SPACES_BY_ZONE = `SELECT Zone, COUNT(*) AS Spaces,
  COUNT(CASE WHEN Status = '0' THEN 1 END) AS FreeNo,
  COUNT(CASE WHEN Status IS NULL THEN 1 END) AS UnknownNo
FROM ParkingSpaceZone LEFT JOIN ParkingData USING (DeviceId)
WHERE 1 = 1 [AND Zone = \${zone}]
GROUP BY Zone ORDER BY Zone`;
