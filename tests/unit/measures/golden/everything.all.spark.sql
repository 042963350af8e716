SELECT
  level_1.*,
  1000 - CASE
    WHEN (
      `k1` + `k2`
    ) IS NULL
    THEN CAST(NULL AS BIGINT)
    ELSE LEAST(1000, `k1` + `k2`)
  END AS `points`
FROM (
  SELECT
    level_0.*,
    CASE WHEN (
      `checked_num` * 100
    ) < (
      `checked_den` * 95
    ) THEN 200 ELSE 0 END AS `k1`,
    (
      (
        (
          `change_now` - `change_before`
        ) * 100
      ) DIV NULLIF(`change_before`, 0)
    ) - CASE
      WHEN (
        (
          (
            `change_now` - `change_before`
          ) * 100
        ) DIV NULLIF(`change_before`, 0)
      ) * NULLIF(`change_before`, 0) <> (
        (
          `change_now` - `change_before`
        ) * 100
      )
      AND (
        (
          (
            `change_now` - `change_before`
          ) * 100
        ) < 0
      ) <> (
        NULLIF(`change_before`, 0) < 0
      )
      THEN 1
      ELSE 0
    END AS `k2`
  FROM (
    SELECT
      i.unit_id AS institution_id,
      CAST(i.class_level AS BIGINT) AS `level`,
      CAST(CAST(i.is_large AS INT) AS BIGINT) AS `large`,
      COALESCE(activity.count_1, 0) AS `records`,
      COALESCE(activity.sum_2, 0) AS `hours`,
      COALESCE(activity.sum_3, 0) AS `amount`,
      COALESCE(activity.distinct_4, 0) AS `staff`,
      CAST(:months_due AS BIGINT) - BIT_COUNT(COALESCE(activity.mask_5, 0)) AS `months_short`,
      BIT_COUNT(COALESCE(activity.mask_6, 0) & COALESCE(activity.mask_7, 0)) AS `quarters`,
      COALESCE(activity.count_8, 0) AS `late`,
      CASE
        WHEN COALESCE(activity.count_1, 0) <> 0
        THEN COALESCE(activity.count_9, 0)
        ELSE CAST(NULL AS BIGINT)
      END AS `checked_num`,
      CASE
        WHEN COALESCE(activity.count_1, 0) <> 0
        THEN COALESCE(activity.count_1, 0)
        ELSE CAST(NULL AS BIGINT)
      END AS `checked_den`,
      COALESCE(activity.count_1, 0) AS `change_now`,
      COALESCE(activity.count_10, 0) AS `change_before`,
      COALESCE(place.count_1, 0) AS `places`,
      COALESCE(place.months_2, 0) AS `place_months`
    FROM org_institution AS i
    LEFT JOIN (
      SELECT
        institution_id,
        COUNT(*) FILTER(WHERE
          occurred_on >= :period_start AND occurred_on <= :as_of) AS count_1,
        CAST(SUM(hours) FILTER(WHERE
          occurred_on >= :period_start AND occurred_on <= :as_of AND level = 'hospital') AS BIGINT) AS sum_2,
        CAST(SUM(CAST(ROUND(amount * 100) AS BIGINT)) FILTER(WHERE
          occurred_on >= :period_start AND occurred_on <= :as_of) AS BIGINT) AS sum_3,
        COUNT(DISTINCT staff_no) FILTER(WHERE
          occurred_on >= :period_start AND occurred_on <= :as_of) AS distinct_4,
        BIT_OR(SHIFTLEFT(1, CAST(EXTRACT(MONTH FROM occurred_on) AS INT) - 1)) FILTER(WHERE
          occurred_on >= :period_start AND occurred_on <= :month_due_end) AS mask_5,
        BIT_OR(SHIFTLEFT(1, (
          CAST(EXTRACT(MONTH FROM occurred_on) AS INT) - 1
        ) DIV 3)) FILTER(WHERE
          occurred_on >= :period_start
          AND occurred_on <= :quarter_due_end
          AND level = 'hospital') AS mask_6,
        BIT_OR(SHIFTLEFT(1, (
          CAST(EXTRACT(MONTH FROM occurred_on) AS INT) - 1
        ) DIV 3)) FILTER(WHERE
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
        is_counted
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
      GROUP BY
        institution_id
    ) AS activity
      ON activity.institution_id = i.unit_id
    LEFT JOIN (
      SELECT
        institution_id,
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
            kind <> 'it\'s 100%'
          )) AS count_1,
        CAST(SUM(
          GREATEST(
            LEAST(
              COALESCE(
                CAST(EXTRACT(YEAR FROM ended_on) AS INT) * 12 + CAST(EXTRACT(MONTH FROM ended_on) AS INT),
                CAST(:after_due_months AS BIGINT)
              ),
              CAST(:after_due_months AS BIGINT)
            ) - GREATEST(
              CAST(EXTRACT(YEAR FROM occurred_on) AS INT) * 12 + CAST(EXTRACT(MONTH FROM occurred_on) AS INT),
              CAST(:first_month AS BIGINT)
            ),
            0
          )
        ) AS BIGINT) AS months_2
      FROM anlan_cn_place
      WHERE
        is_counted
      GROUP BY
        institution_id
    ) AS place
      ON place.institution_id = i.unit_id
  ) AS level_0
) AS level_1
