SELECT
  i.unit_id AS institution_id,
  CAST(i.class_level AS INTEGER) AS x0,
  CAST(i.is_large AS INTEGER) AS x1,
  activity.count_1 AS x2,
  activity.sum_2 AS x3,
  activity.sum_3 AS x4,
  activity.distinct_4 AS x5,
  activity.mask_5 AS x6,
  activity.mask_6 AS x7,
  activity.mask_7 AS x8,
  activity.count_8 AS x9,
  activity.count_9 AS x10,
  activity.count_10 AS x11,
  place.count_1 AS x12,
  place.months_2 AS x13
FROM org_institution AS i
CROSS JOIN (
  SELECT
    COUNT(*) FILTER(WHERE
      occurred_on >= :period_start AND occurred_on <= :as_of) AS count_1,
    CAST(SUM(hours) FILTER(WHERE
      level = 'hospital' AND occurred_on >= :period_start AND occurred_on <= :as_of) AS INTEGER) AS sum_2,
    CAST(SUM(CAST(ROUND(amount * 100) AS INTEGER)) FILTER(WHERE
      occurred_on >= :period_start AND occurred_on <= :as_of) AS INTEGER) AS sum_3,
    COUNT(DISTINCT staff_no) FILTER(WHERE
      occurred_on >= :period_start AND occurred_on <= :as_of) AS distinct_4,
    SUM(DISTINCT 1 << (
      CAST(SUBSTR(occurred_on, 6, 2) AS INTEGER) - 1
    )) FILTER(WHERE
      occurred_on >= :period_start AND occurred_on <= :month_due_end) AS mask_5,
    SUM(DISTINCT 1 << (
      (
        CAST(SUBSTR(occurred_on, 6, 2) AS INTEGER) - 1
      ) / 3
    )) FILTER(WHERE
      level = 'hospital'
      AND occurred_on >= :period_start
      AND occurred_on <= :quarter_due_end) AS mask_6,
    SUM(DISTINCT 1 << (
      (
        CAST(SUBSTR(occurred_on, 6, 2) AS INTEGER) - 1
      ) / 3
    )) FILTER(WHERE
      occurred_on >= :period_start
      AND occurred_on <= :quarter_due_end
      AND NOT COALESCE(has_check, FALSE)) AS mask_7,
    COUNT(*) FILTER(WHERE
      due_on >= :period_start
      AND due_on <= :as_of
      AND (
        (
          done_on IS NULL
        ) OR (
          done_on > due_on
        )
      )) AS count_8,
    COUNT(*) FILTER(WHERE
      occurred_on >= :period_start AND occurred_on <= :as_of AND has_check) AS count_9,
    COUNT(*) FILTER(WHERE
      occurred_on >= :period_start_1 AND occurred_on <= :as_of_1) AS count_10
  FROM anlan_cn_activity
  WHERE
    institution_id = :institution
    AND is_counted
    AND (
      (
        (
          (
            (
              occurred_on >= :period_start AND occurred_on <= :as_of
            )
            OR (
              occurred_on >= :period_start AND occurred_on <= :month_due_end
            )
          )
          OR (
            occurred_on >= :period_start AND occurred_on <= :quarter_due_end
          )
        )
        OR (
          due_on >= :period_start AND due_on <= :as_of
        )
      )
      OR (
        occurred_on >= :period_start_1 AND occurred_on <= :as_of_1
      )
    )
) AS activity
CROSS JOIN (
  SELECT
    COUNT(*) FILTER(WHERE
      (
        occurred_on <= :as_of
      )
      AND (
        (
          ended_on IS NULL
        ) OR (
          ended_on > :as_of
        )
      )
      AND (
        kind <> 'it''s 100%'
      )) AS count_1,
    CAST(SUM(
      MAX(
        MIN(
          COALESCE(
            CAST(SUBSTR(ended_on, 1, 4) AS INTEGER) * 12 + CAST(SUBSTR(ended_on, 6, 2) AS INTEGER),
            CAST(:after_due_months AS INTEGER)
          ),
          CAST(:after_due_months AS INTEGER)
        ) - MAX(
          CAST(SUBSTR(occurred_on, 1, 4) AS INTEGER) * 12 + CAST(SUBSTR(occurred_on, 6, 2) AS INTEGER),
          CAST(:first_month AS INTEGER)
        ),
        0
      )
    ) AS INTEGER) AS months_2
  FROM anlan_cn_place
  WHERE
    institution_id = :institution AND is_counted
) AS place
WHERE
  i.unit_id = :institution
