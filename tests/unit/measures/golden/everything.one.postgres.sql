SELECT
  i.unit_id AS institution_id,
  CAST(i.class_level AS BIGINT) AS x0,
  CAST(CAST(i.is_large AS INT) AS BIGINT) AS x1,
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
      occurred_on >= CAST(%(period_start)s AS DATE)
      AND occurred_on <= CAST(%(as_of)s AS DATE)) AS count_1,
    CAST(SUM(hours) FILTER(WHERE
      level = 'hospital'
      AND occurred_on >= CAST(%(period_start)s AS DATE)
      AND occurred_on <= CAST(%(as_of)s AS DATE)) AS BIGINT) AS sum_2,
    CAST(SUM(CAST(ROUND(amount * 100) AS BIGINT)) FILTER(WHERE
      occurred_on >= CAST(%(period_start)s AS DATE)
      AND occurred_on <= CAST(%(as_of)s AS DATE)) AS BIGINT) AS sum_3,
    COUNT(DISTINCT staff_no) FILTER(WHERE
      occurred_on >= CAST(%(period_start)s AS DATE)
      AND occurred_on <= CAST(%(as_of)s AS DATE)) AS distinct_4,
    BIT_OR(1 << (
      CAST(EXTRACT(MONTH FROM occurred_on) AS INT) - 1
    )) FILTER(WHERE
      occurred_on >= CAST(%(period_start)s AS DATE)
      AND occurred_on <= CAST(%(month_due_end)s AS DATE)) AS mask_5,
    BIT_OR(1 << (
      (
        CAST(EXTRACT(MONTH FROM occurred_on) AS INT) - 1
      ) / 3
    )) FILTER(WHERE
      level = 'hospital'
      AND occurred_on >= CAST(%(period_start)s AS DATE)
      AND occurred_on <= CAST(%(quarter_due_end)s AS DATE)) AS mask_6,
    BIT_OR(1 << (
      (
        CAST(EXTRACT(MONTH FROM occurred_on) AS INT) - 1
      ) / 3
    )) FILTER(WHERE
      occurred_on >= CAST(%(period_start)s AS DATE)
      AND occurred_on <= CAST(%(quarter_due_end)s AS DATE)
      AND NOT COALESCE(has_check, FALSE)) AS mask_7,
    COUNT(*) FILTER(WHERE
      due_on >= CAST(%(period_start)s AS DATE)
      AND due_on <= CAST(%(as_of)s AS DATE)
      AND (
        (
          done_on IS NULL
        ) OR (
          done_on > due_on
        )
      )) AS count_8,
    COUNT(*) FILTER(WHERE
      occurred_on >= CAST(%(period_start)s AS DATE)
      AND occurred_on <= CAST(%(as_of)s AS DATE)
      AND has_check) AS count_9,
    COUNT(*) FILTER(WHERE
      occurred_on >= CAST(%(period_start_1)s AS DATE)
      AND occurred_on <= CAST(%(as_of_1)s AS DATE)) AS count_10
  FROM anlan_cn_activity
  WHERE
    institution_id = %(institution)s
    AND is_counted
    AND (
      (
        (
          (
            (
              occurred_on >= CAST(%(period_start)s AS DATE)
              AND occurred_on <= CAST(%(as_of)s AS DATE)
            )
            OR (
              occurred_on >= CAST(%(period_start)s AS DATE)
              AND occurred_on <= CAST(%(month_due_end)s AS DATE)
            )
          )
          OR (
            occurred_on >= CAST(%(period_start)s AS DATE)
            AND occurred_on <= CAST(%(quarter_due_end)s AS DATE)
          )
        )
        OR (
          due_on >= CAST(%(period_start)s AS DATE) AND due_on <= CAST(%(as_of)s AS DATE)
        )
      )
      OR (
        occurred_on >= CAST(%(period_start_1)s AS DATE)
        AND occurred_on <= CAST(%(as_of_1)s AS DATE)
      )
    )
) AS activity
CROSS JOIN (
  SELECT
    COUNT(*) FILTER(WHERE
      (
        occurred_on <= CAST(%(as_of)s AS DATE)
      )
      AND (
        (
          ended_on IS NULL
        ) OR (
          ended_on > CAST(%(as_of)s AS DATE)
        )
      )
      AND (
        kind <> 'it''s 100%%'
      )) AS count_1,
    CAST(SUM(
      GREATEST(
        LEAST(
          COALESCE(
            CAST(EXTRACT(YEAR FROM ended_on) AS INT) * 12 + CAST(EXTRACT(MONTH FROM ended_on) AS INT),
            CAST(%(after_due_months)s AS BIGINT)
          ),
          CAST(%(after_due_months)s AS BIGINT)
        ) - GREATEST(
          CAST(EXTRACT(YEAR FROM occurred_on) AS INT) * 12 + CAST(EXTRACT(MONTH FROM occurred_on) AS INT),
          CAST(%(first_month)s AS BIGINT)
        ),
        0
      )
    ) AS BIGINT) AS months_2
  FROM anlan_cn_place
  WHERE
    institution_id = %(institution)s AND is_counted
) AS place
WHERE
  i.unit_id = %(institution)s
